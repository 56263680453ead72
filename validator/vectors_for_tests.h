/*
 * vectors_for_tests.h - signed RRsets that others made: the RFCs' examples, and some by
 * dnspython.
 *
 * Included by sig_test.c only. Each is one RRset with its RRSIG, a DNSKEY, and a time between.
 */
#ifndef TREESHREW_VALIDATOR_VECTORS_FOR_TESTS_H
#define TREESHREW_VALIDATOR_VECTORS_FOR_TESTS_H

static const char key_1[] =
    "example.net. 3600 IN DNSKEY 256 3 8 AwEAAcFcGsaxxdgiuuGmCkVImy4h99CqT7jwY3pexPGcnUFt"
    "R2Fh36BponcwtkZ4cAgtvd4Qs8PkxUdp6p/DlUmObdk=\n";
static const char key_2[] =
    "example.net. 3600 IN DNSKEY 256 3 10 AwEAAdHoNTOW+et86KuJOWRDp1pndvwb6Y83nSVXXyLA3DL"
    "roROUkN6X0O6pnWnjJQujX/AyhqFDxj13tOnD9u/1kTg7cV6rklMrZDtJCQ5PCl/D7QNPsgVsMu1J2Q8gpMp"
    "ztNFLpPBz1bWXjDtaR7ZQBlZ3PFY12ZTSncorffcGmhOL\n";
static const char key_3[] =
    "example.net. 3600 IN DNSKEY 257 3 13 GojIhhXUN/u4v54ZQqGSnyhWJwaubCvTmeexv7bR6edbkrS"
    "qQpF64cYbcB7wNcP+e+MAnLr+Wi9xMWyQLc8NAA==\n";
static const char key_4[] =
    "example.net. 3600 IN DNSKEY 257 3 14 xKYaNhWdGOfJ+nPrL8/arkwf2EY3MDJ+SErKivBVSum1w/e"
    "gsXvSADtNJhyem5RCOpgQ6K8X1DRSEkrbYQ+OB+v8/uX45NBwY8rp65F6Glur8I/mlVNgF6W/qTI37m40\n";
static const char key_5[] =
    "example.com. 3600 IN DNSKEY 257 3 15 l02Woi0iS8Aa25FQkUd9RMzZHJpBoRQwAQEX1SxZJA4=\n";
static const char key_6[] =
    "example.com. 3600 IN DNSKEY 257 3 15 zPnZ/QwEe7S8C5SPz2OfS5RR40ATk2/rYnE9xHIEijs=\n";
static const char key_7[] =
    "example.com. 3600 IN DNSKEY 257 3 16 3kgROaDjrh0H2iuixWBrc8g2EpBBLCdGzHmn+G2MpTPhpj/"
    "OiBVHHSfPodx1FYYUcJKm1MDpJtIA\n";
static const char key_8[] =
    "example.com. 3600 IN DNSKEY 257 3 16 kkreGWoccSDmUBGAe7+zsbG6ZAFQp+syPmYUurBRQc3tDje"
    "MCJcVMRDmgcNLp5HlHAMy12VoISsA\n";
static const char key_9[] =
    "example. 3600 IN DNSKEY 256 3 5 AQOy1bZVvpPqhg4j7EJoM9rI3ZmyEx2OzDBVrZy/lvI5CQePxXHZ"
    "S4i8dANH4DX3tbHol61ek8EFMcsGXxKciJFHyhl94C+NwILQdzsUlSFovBZsyl/NX6yEbtw/xN9ZNcrbYvgj"
    "jZ/UVPZIySFNsgEYvh0z2542lzMKR4Dh8uZffQ==\n";
static const char key_rsa2048_65537_8[] =
    "example.org. 300 IN DNSKEY 256 3 8 AwEAAawTWUVDLw/h3fAUyVoStF7mu33P hSZemainq8iG"
    "9X0OOwNjhnkLuPY4hlKt Wmf4EGi+nkRDB6qLTJ/eOxVf6EsrDWXF WhdlxCdrgHnDiq5IlUp5ELp0xn"
    "Xk1Ydz NF8TBp+8WrGWTxxJIHy9EbMWOEgjdvty EpM/lKa4xbsi8p9uj01SeEhbhT9jxcGE NH83Xix"
    "/fnjIDD3svPMIfx7in0xHUN8p AmzqdlZRRRGdYFHBUlO9UbUFUGEjzFm5 aWhD+k92PrhV1DQWo7Zgx"
    "qpJO67q9Xg7 RjbkKkCZulJnzYnQyaZM7iNj/IKi7goo U2AQN8lDW35b8kwc9jkEpZu0u1c=\n";
static const char key_rsa4096_65537_8[] =
    "example.org. 300 IN DNSKEY 256 3 8 AwEAAbUDBL2cuqTiKNCFRN9QiTOZm9Ix 4afmX21qX5tm"
    "sNk9iVI3X2JgpUWjM3jz dO1cnerFJvkdMOm/RarhvG1sJ7FK9yEY OaTqpECRG+AxpyglBsfTWZKwtS"
    "uMeqKU forz1ZAXRuPCIq8Qx4InB35rJV1nMAmI vpjLNwsDbEz9WZk0vYTEUxITsVAeYFso aHLfvhi"
    "How9Fg7NYscXyUrjLq1PFIeD0 UZWEVP06ipmRFopWFIRiyJ3Ga8+szkcx ayTp3BTEKZ2h/z6EbXU18"
    "B7DNQiamEdC HYjLMrrzfTUDxeaLxlr6V6vSbHgYrCD8 TSULwGIe67I8hEn08AhA8NAVO1qYudyw P1"
    "iwbnTR7pzFgMinwYZPY+bs8Hek+/l8 kcTJtuoE3+Qvil9f27eoFUEe20ZmrZQM YvRo0lGa4FqHj42M"
    "HKf6wbe6ughi8XNC 77BmNMObsPe7+6lQN0aCzfeV0EH1DCZs KhePf3EbP/jmRGvD4aQC8bVXfBhfoH"
    "JF 5I5pLlOfY3H+mwNHmDdlBPZoNRNe/NlR 9ScSI+c+eJtd3ZI69vHoIikBY7B1cGwM c+OcNVKl8KX"
    "9lc7dwjTSIVoKP8g8t3jj lK+JDN8+5TytvNnlx+IovwGu290EKa0i p4f4EnfrGc3L2LuP9meu42Fe+"
    "a1npgSL 8y5rlVL1C0pGNXsD\n";
static const char key_rsa1024_3_10[] =
    "example.org. 300 IN DNSKEY 256 3 10 AQOr0LyOn/NgD93DtVtHxM0WTQn2/J5l NtrdEg6tcL2"
    "ZqN/HffnOafq7ah4S/s1n aGecUnjj+5mbxfiwp1pCwqmVnyP/+Dvd bcZUlq2z//K4yyKbxrTsGKOKR"
    "rEpyaUh cPc8nFJt4cAaeQ8cSDdi3tKRwyaa6KGB 3OCPd75e/NbfZw==\n";
static const char key_rsa2048_65537_5[] =
    "example.org. 300 IN DNSKEY 256 3 5 AwEAAagyLMeLdQ0ly4CIgUq7jOhVg4HO sMAgm9dOhhri"
    "8JRrmJEpu2buAWRwNR8n 1DOfJ9AU5jomoAKyAEl+XmiWMW/Ag8Oj 5Z+NlbLnWJ3RWbsyx9c+YERsRP"
    "fLlJ/H OMPN0AXjUxRsHGOkn1ti+tNjzjtx4KIh pQaZO0PvzfocalYzI/EYuCgcFNXMp282 aT8BTx1"
    "jlSkoTZ0nPYoXyFO4yZCVLotF mUxGcbSEkDA2LdzS/wpAZw6TMNurYhbl jBVu3gn6Gyb16qMOoiMmq"
    "rKh/Z8VVO4G /sZUpIrXX01YTaeHL3rD7bxC0uopxeTS ObawMzEN2pdzBs7IOSsCH5ph/Ys=\n";
static const char canonical_key[] =
    "example.org. 300 IN DNSKEY 256 3 15 iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb 83SIAbQPb1w"
    "=\n";

static const struct vector {
    const char *why, *key, *now;
    int closest; /* labels of the closest encloser where it was expanded, else -1 */
    const char *set;
} vectors[] = {
    {"RFC 5702 section 6.1, RSA/SHA-256, 512 bits", key_1, "20260101000000", -1,
     "www.example.net. 3600 IN A 192.0.2.91\n"
     "www.example.net. 3600 IN RRSIG A 8 3 3600 20300101000000 20000101000000 9033 example"
     ".net. kRCOH6u7l0QGy9qpC9l1sLncJcOKFLJ7GhiUOibu4teYp5VE9RncriShZNz85mwlMgNEacFYK/lPtP"
     "iVYP4bwg==\n"},
    {"RFC 5702 section 6.2, RSA/SHA-512", key_2, "20260101000000", -1,
     "www.example.net. 3600 IN A 192.0.2.91\n"
     "www.example.net. 3600 IN RRSIG A 10 3 3600 20300101000000 20000101000000 3740 exampl"
     "e.net. tsb4wnjRUDnB1BUi+t6TMTXThjVnG+eCkWqjvvjhzQL1d0YRoOe0CbxrVDYd0xDtsuJRaeUw1ep94"
     "PzEWzr0iGYgZBWm/zpq+9fOuagYJRfDqfReKBzMweOLDiNa8iP5g9vMhpuv6OPlvpXwm9Sa9ZXIbNl1MBGk0"
     "fthPgxdDLw=\n"},
    {"RFC 6605 section 6.1, P-256", key_3, "20100901000000", -1,
     "www.example.net. 3600 IN A 192.0.2.1\n"
     "www.example.net. 3600 IN RRSIG A 13 3 3600 20100909100439 20100812100439 55648 examp"
     "le.net. qx6wLYqmh+l9oCKTN6qIc+bw6ya+KJ8oMz0YP107epXAyGmt+3SNruPFKG7tZoLBLlUzGGus7Zwm"
     "wWep666VCw==\n"},
    {"RFC 6605 section 6.2, P-384", key_4, "20100901000000", -1,
     "www.example.net. 3600 IN A 192.0.2.1\n"
     "www.example.net. 3600 IN RRSIG A 14 3 3600 20100909102025 20100812102025 10771 examp"
     "le.net. /L5hDKIvGDyI1fcARX3z65qrmPsVz73QD1Mr5CEqOiLP95hxQouuroGCeZOvzFaxsT8Glr74hbav"
     "RKayJNuydCuzWTSSPdz7wnqXL5bdcJzusdnI0RSMROxxwGipWcJm\n"},
    {"RFC 8080 section 6.1, first key, as erratum 4935 has it", key_5, "20150810000000", -1,
     "example.com. 3600 IN MX 10 mail.example.com.\n"
     "example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 3613 example.com. oL9k"
     "rJun7xfBOIWcGHi7mag5/hdZrKWw15jPGrHpjQeRAvTdszaPD+QLs3fx8A4M3e23mRZ9VrbpMngwcrqNAg=="
     "\n"},
    {"RFC 8080 section 6.1, second key, as erratum 4935 has it", key_6, "20150810000000", -1,
     "example.com. 3600 IN MX 10 mail.example.com.\n"
     "example.com. 3600 IN RRSIG MX 15 2 3600 1440021600 1438207200 35217 example.com. zXQ"
     "0bkYgQTEFyfLyi9QoiY6D8ZdYo4wyUhVioYZXFdT410QPRITQSqJSnzQoSm5poJ7gD7AQR0O7KuI5k2pcBg="
     "=\n"},
    {"RFC 8080 section 6.2, first key, as erratum 4935 has it", key_7, "20150810000000", -1,
     "example.com. 3600 IN MX 10 mail.example.com.\n"
     "example.com. 3600 IN RRSIG MX 16 2 3600 1440021600 1438207200 9713 example.com. 3cPA"
     "HkmlnxcDHMyg7vFC34l0blBhuG1qpwLmjInI8w1CMB29FkEAIJUA0amxWndkmnBZ6SKiwZSAxGILn/NBtOXf"
     "t0+Gj7FSvOKxE/07+4RQvE581N3Aj/JtIyaiYVdnYtyMWbSNyGEY2213WKsJlwEA\n"},
    {"RFC 8080 section 6.2, second key, as erratum 4935 has it", key_8, "20150810000000", -1,
     "example.com. 3600 IN MX 10 mail.example.com.\n"
     "example.com. 3600 IN RRSIG MX 16 2 3600 1440021600 1438207200 38353 example.com. E1/"
     "oLjSGIbmLny/4fcgM1z4oL6aqo+izT3urCyHyvEp4Sp8Syg1eI+lJ57CSnZqjJP41O/9l4m0AsQ4f7qI1gVn"
     "ML8vWWiyW2KXhT9kuAICUSxv5OWbf81Rq7Yu60npabODB0QFPb/rkW3kUZmQ0YQUA\n"},
    {"RFC 4035 appendix B.1, the answer", key_9, "20040501120000", -1,
     "x.w.example. 3600 IN MX 1 xx.example.\n"
     "x.w.example. 3600 IN RRSIG MX 5 3 3600 20040509183619 20040409183619 38519 example. "
     "Il2WTZ+Bkv+OytBx4LItNW5mjB4RCwhOO8y1XzPHZmZUTVYL7LaA63f6T9ysVBzJRI3KRjAPH3U1qaYnDoN1"
     "DrWqmi9RJe4FoObkbcdm7P3Ikx70ePCoFgRz1Yq+bVVXCvGuAU4xALv3W/Y1jNSlwZ2mSWKHfxFQxPtLj8s3"
     "2+k=\n"},
    {"appendix B.1, the name servers, in another order", key_9, "20040501120000", -1,
     "example. 3600 IN NS ns2.example.\n"
     "example. 3600 IN NS ns1.example.\n"
     "example. 3600 IN RRSIG NS 5 1 3600 20040509183619 20040409183619 38519 example. gl13"
     "F00f2U0R+SWiXXLHwsMY+qStYy5k6zfdEuivWc+wd1fmbNCyql0Tk7lHTX6UOxc8AgNf4ISFve8XqF4q+o9q"
     "lnqIzmppU3LiNeKT4FZ8RO5urFOvoMRTbQxW3U0hXWuggE4g3ZpsHv480HjMeRaZB/FRPGfJPajngcq6Kwg="
     "\n"},
    {"appendix B.1, an address in the additional section", key_9, "20040501120000", -1,
     "xx.example. 3600 IN AAAA 2001:db8::f00:baaa\n"
     "xx.example. 3600 IN RRSIG AAAA 5 2 3600 20040509183619 20040409183619 38519 example."
     " Zzj0yodDxcBLnnOIwDsuKo5WqiaK24DlKg9CaGaxDFiKgKobUj2jilYQHpGFn2poFRetZd4zulyQkssz2QH"
     "rVrPuTMS22knudCiwP4LWpVTrU4zfeA+rDz9stmSBP/4PekH/x2IoAYnwctd/xS9cL2QgW7FChw16mzlkH6/"
     "vsfs=\n"},
    {"appendix B.2, the SOA", key_9, "20040501120000", -1,
     "example. 3600 IN SOA ns1.example. bugs.x.w.example. 1081539377 3600 300 3600000 3600"
     "\n"
     "example. 3600 IN RRSIG SOA 5 1 3600 20040509183619 20040409183619 38519 example. ONx"
     "0k36rcjaxYtcNgq6iQnpNV5+drqYAsC9h7TSJaHCqbhE67Sr6aH2xDUGcqQWu/n0UVzrFvkgO9ebarZ0GWDK"
     "cuwlM6eNB5SiX2K74l5LWDA7S/Un/IbtDq4Ay8NMNLQI7Dw7n4p8/rjkBjV7j86HyQgM5e7+miRAz8V01b0I"
     "=\n"},
    {"appendix B.2, an NSEC", key_9, "20040501120000", -1,
     "b.example. 3600 IN NSEC ns1.example. NS RRSIG NSEC\n"
     "b.example. 3600 IN RRSIG NSEC 5 2 3600 20040509183619 20040409183619 38519 example. "
     "GNuxHn844wfmUhPzGWKJCPY5ttEX/RfjDoOx9ueK1PtYkOWKOOdiJ/PJKCYB3hYX+858dDWSxb2qnV/LSTCN"
     "VBnkm6owOpysY97MVj5VQEWs0lm9tFoqjcptQkmQKYPrwUnCSNwvvclSF1xZvhRXgWT7OuFXldoCG6TfVFMs"
     "9xE=\n"},
    {"appendix B.4, a DS", key_9, "20040501120000", -1,
     "a.example. 3600 IN DS 57855 5 1 B6DCD485719ADCA18E5F3D48A2331627FDD3636B\n"
     "a.example. 3600 IN RRSIG DS 5 2 3600 20040509183619 20040409183619 38519 example. oX"
     "IKit/QtdG64J/CB+Gi8dOvnwRvqrto1AdQoRkAN15FP3iZ7suB7gvTBmXzCjL7XUgQVcoHkdhyCuzp8W9qJH"
     "gRUSwKKkczSyuL64nhgjuDEML8l9wlWVsl7PR2VnZduM9bLyBhaaPmRKX/Fm+v6ccF2EGNLRiY08kdkz+XHH"
     "o=\n"},
    {"appendix B.6, expanded from *.w.example", key_9, "20040501120000", 2,
     "a.z.w.example. 3600 IN MX 1 ai.example.\n"
     "a.z.w.example. 3600 IN RRSIG MX 5 2 3600 20040509183619 20040409183619 38519 example"
     ". OMK8rAZlepfzLWW75Dxd63jy2wswESzxDKG2f9AMN1CytCd10cYISAxfAdvXSZ7xujKAtPbctvOQ2ofO7A"
     "ZJ+d01EeeQTVBPq4/6KCWhqe2XTjnkVLNvvhnc0u28aoSsG0+4InvkkOHknKxw4kX18MMR34i8lC36SR5xBn"
     "i8vHI=\n"},
    {"appendix B.7, the NSEC of a wildcard, which is no expansion", key_9, "20040501120000", -1,
     "*.w.example. 3600 IN NSEC x.w.example. MX RRSIG NSEC\n"
     "*.w.example. 3600 IN RRSIG NSEC 5 2 3600 20040509183619 20040409183619 38519 example"
     ". r/mZnRC3I/VIcrelgIcteSxDhtsdlTDt8ng9HSBlABOlzLxQtfgTnn8f+aOwJIAFe1Ee5RvU5cVhQJNP5X"
     "pXMJHfyps8tVvfxSAXfahpYqtx91gsmcV/1V9/bZAG55CefP9cM4Z9Y9NT9XQ8s1InQ2UoIv6tJEaaKkP701"
     "j8OLA=\n"},
    {"RFC 4034 section 6.3: octet order, whatever the order of arrival", canonical_key,
     "20261010000000", -1,
     "txt.example.org. 300 IN TXT \"b\"\n"
     "txt.example.org. 300 IN TXT \"aa\"\n"
     "txt.example.org. 300 IN TXT \"a\" \"b\"\n"
     "txt.example.org. 300 IN TXT \"a\"\n"
     "txt.example.org. 300 IN TXT \"\"\n"
     "txt.example.org. 300 IN TXT \"B\"\n"
     "txt.example.org. 300 IN RRSIG TXT 15 3 300 20261118110640 20260921141320 60794 e"
     "xample.org. See/H/Si9dkZ3zbpBGqbf6zM6jFxvK7I bGxilpNuCWScfFTYdv92dcjQeoc3E1Et +Y"
     "z5uuHJy603MPadQliyDw==\n"},
    {"RFC 4034 section 6.2: names of NS in lower case, and sorted as such", canonical_key,
     "20261010000000", -1,
     "sub.example.org. 300 IN NS Zulu.Example.ORG.\n"
     "sub.example.org. 300 IN NS alpha.EXAMPLE.org.\n"
     "sub.example.org. 300 IN NS MIKE.example.net.\n"
     "sub.example.org. 300 IN RRSIG NS 15 3 300 20261118110640 20260921141320 60794 ex"
     "ample.org. TQ3LlkxAAmWIo55KA4JvXEvhey8hJp8n vHr3sKM8mCFvKNmZmcBB1MIEinJi5W0+ IsK"
     "WS0SrEGHDnzBhGNOOCg==\n"},
    {"MX: the name in lower case", canonical_key, "20261010000000", -1,
     "Mail.Example.org. 300 IN MX 20 B.example.org.\n"
     "Mail.Example.org. 300 IN MX 20 a.example.org.\n"
     "Mail.Example.org. 300 IN MX 10 C.example.org.\n"
     "Mail.Example.org. 300 IN RRSIG MX 15 3 300 20261118110640 20260921141320 60794 e"
     "xample.org. 0dLTj3W9ITSh/b2GdKBNMaLiI2Z5RETZ f5A+GqbvNzZbX06B20PxliMhW1KdZrsy gc"
     "9WSITIXmN8xv369C/2DA==\n"},
    {"SOA: both names", canonical_key, "20261010000000", -1,
     "example.org. 300 IN SOA NS.Example.org. HostMaster.example.ORG. 1 2 3 4 5\n"
     "example.org. 300 IN RRSIG SOA 15 2 300 20261118110640 20260921141320 60794 examp"
     "le.org. fPdupuOfnvJYtx7+WbTC9bNOcaZH2iy2 pWnVWCrJjziBu/5RhCW1WeC7SUi9Td3+ bni+fX"
     "DnRO68tEmUPxLBDA==\n"},
    {"SRV: the name in lower case", canonical_key, "20261010000000", -1,
     "_sip._tcp.example.org. 300 IN SRV 1 2 3 Host.Example.org.\n"
     "_sip._tcp.example.org. 300 IN SRV 1 2 3 another.example.org.\n"
     "_sip._tcp.example.org. 300 IN RRSIG SRV 15 4 300 20261118110640 20260921141320 6"
     "0794 example.org. ZE1Y7FCG/Se1wociU51qcqeV/NbTyJjL eP3CDokyFI5Ab/eAa+XFI9hsDkdrB"
     "zeT l8HarTWimcjseaQpAzgtCQ==\n"},
    {"NAPTR: only the name in lower case", canonical_key, "20261010000000", -1,
     "naptr.example.org. 300 IN NAPTR 10 20 \"U\" \"E2U+SIP\" \"!^.*$!SIP:info@Example"
     ".org!\" Host.Example.org.\n"
     "naptr.example.org. 300 IN RRSIG NAPTR 15 3 300 20261118110640 20260921141320 607"
     "94 example.org. eT/VKVQJAb59LyNusEZG+SM338t5YxIB +FSMr5fhJWsTLwx6uHeRtjvRgi9edWp"
     "Y lZQYFsXmUyr563YZ72PxCQ==\n"},
    {"DNAME", canonical_key, "20261010000000", -1,
     "dn.example.org. 300 IN DNAME Target.Example.NET.\n"
     "dn.example.org. 300 IN RRSIG DNAME 15 3 300 20261118110640 20260921141320 60794 "
     "example.org. u9BHSJDq4dgFGC1dV6rv/l9bkPpZPFaE qT2nL6uNKozNEGTKR4cP9i308Ujv/S7G 4"
     "iUIFoxlIWaIudYq+LKlCw==\n"},
    {"RFC 6840 section 5.1: NSEC's next name as it is", canonical_key, "20261010000000", -1,
     "a.example.org. 300 IN NSEC B.Example.org. A RRSIG NSEC\n"
     "a.example.org. 300 IN RRSIG NSEC 15 3 300 20261118110640 20260921141320 60794 ex"
     "ample.org. GTmBNbfrMBx2BZms9XtJGK67tDVaAFPh 75Hhgdp5379fxl3TtsnnvGeynl4P4N0A K8g"
     "gn23GZuwiSrfl+b6WCw==\n"},
    {"HTTPS: names of later types as they are (RFC 3597 section 7)", canonical_key,
     "20261010000000", -1,
     "h.example.org. 300 IN HTTPS 1 Svc.Example.org. alpn=h2\n"
     "h.example.org. 300 IN RRSIG HTTPS 15 3 300 20261118110640 20260921141320 60794 e"
     "xample.org. Mma7S6hkTntN1RdC3eIUOtlSPhYzw4Xr Xa0dsDigwXvxzJIXRv7wyoqBJz+gKzU8 Py"
     "2L08kUO6QReAqIOUpTAg==\n"},
    {"CAA", canonical_key, "20261010000000", -1,
     "example.org. 300 IN CAA 0 issue \"ca.example.net\"\n"
     "example.org. 300 IN CAA 0 iodef \"mailto:x@example.org\"\n"
     "example.org. 300 IN RRSIG CAA 15 2 300 20261118110640 20260921141320 60794 examp"
     "le.org. 2begT3yLl0ejbAjwCujCCYvUETAGCkDU KSx8xIZT75eN+2Kf6Wihg15AlG/bop06 TzPLwR"
     "2U/LPt88dS6LGLCQ==\n"},
    {"PX: two names", canonical_key, "20261010000000", -1,
     "px.example.org. 300 IN PX 10 Map.Example.org. X400.Example.org.\n"
     "px.example.org. 300 IN RRSIG PX 15 3 300 20261118110640 20260921141320 60794 exa"
     "mple.org. 7bMTkjCA0qvfzzM/CVobxz2L0YVTCVLu T5mKoyBaEJdUqEdpgpzegBq5SyfqDhkf 6haP"
     "OkzCCer0BiQto4WSCw==\n"},
    {"an unknown type (RFC 3597)", canonical_key, "20261010000000", -1,
     "u.example.org. 300 IN TYPE65280 \\# 3 414243\n"
     "u.example.org. 300 IN TYPE65280 \\# 2 6162\n"
     "u.example.org. 300 IN RRSIG TYPE65280 15 3 300 20261118110640 20260921141320 607"
     "94 example.org. 4U12D1dNTAEEq/PRqIrAlIitCD64choA QRb1FavtSj7eJjviM715PmkcUoTguX3"
     "z don4XkLbVBBEt2siaJUsBw==\n"},
    {"owner in upper case", canonical_key, "20261010000000", -1,
     "WWW.EXAMPLE.ORG. 300 IN AAAA 2001:db8::2\n"
     "WWW.EXAMPLE.ORG. 300 IN AAAA 2001:db8::1\n"
     "WWW.EXAMPLE.ORG. 300 IN RRSIG AAAA 15 3 300 20261118110640 20260921141320 60794 "
     "example.org. 1UHt6Fw8ik3BVpWYYwjY2iIkQ7IHhrco MhG5APWkQJg/9uDHITP3XOgtmYjQ1IVg z"
     "gJZQKzg+hIBhzwEfAvkAw==\n"},
    {"the apex of the zone", canonical_key, "20261010000000", -1,
     "example.org. 300 IN DNSKEY 256 3 15 iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb 83SIAbQPb1w"
     "=\n"
     "example.org. 300 IN RRSIG DNSKEY 15 2 300 20261118110640 20260921141320 60794 ex"
     "ample.org. HXLLSzU+bQsxYTLXzTfvbTXc9YlNBDC1 KDCe8OnkowtAveYyvTIugWUwhbsL5ZI/ JCB"
     "95fyLlTNL9inOXu+IDw==\n"},
    {"RSA of 2048 bits", key_rsa2048_65537_8, "20261010000000", -1,
     "www.example.org. 300 IN A 192.0.2.1\n"
     "www.example.org. 300 IN RRSIG A 8 3 300 20261118110640 20260921141320 50533 exam"
     "ple.org. NC8opsmIvG6l8ANIO5ypa2NND9yTtgNd LQ4oBh8AxjXNqMhjFlAr3t7BLglKep8v SpMdv"
     "dwdmF5Ytki9zRKx1FrWF+jfgmxB AMYX51NWeXHqaCEXPeGgcG5VzKRtmL7y MoCKcitfcQgEVStNPOx"
     "gkIyK/kVdmj9h eaMdtsw1KDHiw2z66P+9TX9IS9Z0SA+s ZJUjX0kqs8MHDA9RlxaCokDnJish96Hd "
     "aMArZImxTXbg+14KuosUewsBC5iXureG Y0qG58JiOZ3SSTIYxT/wI4VkQLkRqvcT V83smGhN3McgZq"
     "YBQrXH/OJfHSQ9a1Xz o4igNbkj0jW27MYliVaN7A==\n"},
    {"RSA of 4096 bits, the most", key_rsa4096_65537_8, "20261010000000", -1,
     "www.example.org. 300 IN A 192.0.2.1\n"
     "www.example.org. 300 IN RRSIG A 8 3 300 20261118110640 20260921141320 43923 exam"
     "ple.org. SDiVfuRM2wIFttYTVWL6ZKZt2gm1EoRW 2oy2VzuJl1CIAIgGbPG1HnpxPamMhWqw JixTN"
     "tKK8YKp2mxkB3Z31j7HPiiGuU3T z2wdXU2zcwY/HRJks/jq9Pi0KBXUX8ab KI+wjemfRIFLjztFUXC"
     "YOqqfwzqONhMH sGJg26axDdQA7YPV8NIS5Na9zaw6X3K3 CWpnGgbqWZtY080f0cPY8WdqdVyFQ9LS "
     "V3nX730kN0Rkw8TzeQ+WzVzOOT8YwJ9Z a+rBptWXkXrujy3ORPQKk3NPzPJrVIkt qPU9IkgPYrH4Tg"
     "rNsqmLH4EHQpElS6DB dfHN+JtulAkhgSJP0OvBXI03UC1SIWFl y+aCpfDvkyp5Hz9li4qMW/yVplK5"
     "6M7j 4AD7pNsrj4KJ/BfNZnRyjCl7p0Hxx4x+ aUp3GWpq1qe3fIVOrdfGJ3wDqUdh3Ydz RChbcqzfh"
     "ohonRUAQ7sNPza/lEhl+lOr /reYBFeryBIm2HZbpB0Mtm7fj4b5cXr0 Dt4S70y6pq2XEj4Xsr52EKd"
     "tWPANFi7K p2FFQuLJ2h/bUdEQOypPNCVQq2qk8H5K FJD1wj2XBKQAOkXsngz4zR1vlGSOOifO eptF"
     "X+eDnWMB5SDEiYXOevgsxmhZ49iq wMaGDy/0VavrtTmtdRnIKvK1C9uc3D0d aNHUSohTS+8=\n"},
    {"RSA with the exponent 3", key_rsa1024_3_10, "20261010000000", -1,
     "www.example.org. 300 IN A 192.0.2.1\n"
     "www.example.org. 300 IN RRSIG A 10 3 300 20261118110640 20260921141320 22912 exa"
     "mple.org. W8I3PBafpD1MpjuR0zOb741HPU1/qdXn K32ZEHdykbpJIo8tLsKwziGXGF3e7Bl+ mtcQ"
     "b06ZtnFiFuqY2/C8S284PAn7sxRy OefEx70SxQTJHqwBOjfwRHmUt2NZ27mI 9ZCDlgbA2PTSw/+zA0"
     "qQ4tPH4t/Dodau hRgjWZtfrrg=\n"},
    {"RSA/SHA-1", key_rsa2048_65537_5, "20261010000000", -1,
     "www.example.org. 300 IN A 192.0.2.1\n"
     "www.example.org. 300 IN RRSIG A 5 3 300 20261118110640 20260921141320 10788 exam"
     "ple.org. WWwNDFNDzrt4Hk9b8CCb4/nBpShSjaGp pABzXHUcTnMJTXbuo3al7x6Unsu7a388 uh4vQ"
     "LJ8lvMWa2NBs2+QyPPkVqyUkGhW d4BKmCH8JNksriRIE0TuYkuQujDnvMCZ WCtaPGBhwx+SDCKc+OO"
     "e4o90OoNz0tfO L1NK0015PhF7cRp38KhXB9GG16zFbeTr MuTF+J3TfcynWarLZgoP3vxi4B5PgKOt "
     "UkhmevO0Rp201BJ4T8LNfEASojOuCMKU mMWDVb5pQ5HmBV4mFitcYXJ4JywIA0Si /qy8gtwgun0HZ7"
     "WizW+qTPYVODldxNX0 FhhZW2+qlZ8fdvWDNDCgcA==\n"},
};

#endif
