/*
 * rdata_test.c - rdata of every type that has a layout: text and octets, both ways, and what
 * breaks.
 *
 * The octets of the first table were made by an independent program where one knows the type,
 * and else by hand from the type's RFC.
 */
#include "util/wire/rdata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define TEN   "1234567890"
#define FIFTY TEN TEN TEN TEN TEN
#define L63   FIFTY TEN "123"

static const struct {
    uint16_t type;
    const char *text, *hex;
} forms[] = {
    {TYPE_A, "192.0.2.1", "c0000201"},
    {TYPE_NS, "ns.example.", "026e73076578616d706c6500"},
    {TYPE_MD, "md.example.", "026d64076578616d706c6500"},
    {TYPE_MF, "mf.example.", "026d66076578616d706c6500"},
    {TYPE_CNAME, "Target.Example.", "06546172676574074578616d706c6500"},
    {TYPE_SOA, "ns.example. hostmaster.example. 2024010101 7200 3600 1209600 300",
     "026e73076578616d706c65000a686f73746d6173746572076578616d706c650078a3f17500001c"
     "2000000e10001275000000012c"},
    {TYPE_MB, "mb.example.", "026d62076578616d706c6500"},
    {TYPE_MG, "mg.example.", "026d67076578616d706c6500"},
    {TYPE_MR, "mr.example.", "026d72076578616d706c6500"},
    {TYPE_WKS, "192.0.2.1 6 21 25 80", "c0000201060000044000000000000080"},
    {TYPE_PTR, "host.example.", "04686f7374076578616d706c6500"},
    {TYPE_HINFO, "\"VAX-11/780\" \"UNIX\"", "0a5641582d31312f37383004554e4958"},
    {TYPE_MINFO, "r.example. e.example.", "0172076578616d706c65000165076578616d706c6500"},
    {TYPE_MX, "10 mail.example.", "000a046d61696c076578616d706c6500"},
    {TYPE_TXT, "\"hello world\" \"\" \"q\\\"uote\\\\ \\200\"",
     "0b68656c6c6f20776f726c6400097122756f74655c20c8"},
    {TYPE_RP, "mbox.example. txt.example.",
     "046d626f78076578616d706c650003747874076578616d706c6500"},
    {TYPE_AFSDB, "1 afs.example.", "000103616673076578616d706c6500"},
    {TYPE_X25, "\"311061700956\"", "0c333131303631373030393536"},
    {TYPE_ISDN, "\"150862028003217\" \"004\"", "0f31353038363230323830303332313703303034"},
    {TYPE_ISDN, "\"150862028003217\"", "0f313530383632303238303033323137"},
    {TYPE_RT, "10 relay.example.", "000a0572656c6179076578616d706c6500"},
    {TYPE_NSAP, "0x47000580005a0000000001e133ffffff00016100",
     "47000580005a0000000001e133ffffff00016100"},
    {TYPE_NSAP_PTR, "foo.example.", "03666f6f076578616d706c6500"},
    {TYPE_SIG,
     "A 3 2 3600 20240101000000 20231201000000 2143 example. MxFcby9k/yvedMfQgKzhH5e"
     "r0Mu/vILz45IkskceFGgiWCn/GxHhai6VAuHAoNUz4YoU1tVfSCSqQYn6//11U6Nld80jEeC8aTrO+"
     "KKmCaY=",
     "0001030200000e106592008065692200085f076578616d706c650033115c6f2f64ff2bde74c7d0"
     "80ace11f97abd0cbbfbc82f3e39224b2471e1468225829ff1b11e16a2e9502e1c0a0d533e18a14"
     "d6d55f4824aa4189fafffd7553a36577cd2311e0bc693acef8a2a609a6"},
    {TYPE_KEY, "256 3 5 AQPSKmynfzW4kyBv015MUG2DeIQ3",
     "010003050103d22a6ca77f35b893206fd35e4c506d83788437"},
    {TYPE_KEY, "49152 3 0", "c0000300"},
    {TYPE_PX, "10 map822.example. mapx400.example.",
     "000a066d6170383232076578616d706c6500076d617078343030076578616d706c6500"},
    {TYPE_GPOS, "\"-32.6882\" \"116.8652\" \"10.0\"",
     "082d33322e36383832083131362e383635320431302e30"},
    {TYPE_AAAA, "2001:db8::1", "20010db8000000000000000000000001"},
    {TYPE_LOC, "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m",
     "0033161389172dd070be15f000988d20"},
    {TYPE_LOC, "0 0 0.000 N 0 0 0.001 W 42849672.95m 0.00m 90000000.00m 0.01m",
     "00009910800000007fffffffffffffff"},
    {TYPE_NXT, "b.example. A SOA SIG KEY NXT", "0162076578616d706c6500420000c2"},
    {TYPE_EID, "e32c6f78163a9348", "e32c6f78163a9348"},
    {TYPE_NIMLOC, "32251a030067", "32251a030067"},
    {TYPE_SRV, "0 5 5060 sip.example.", "0000000513c403736970076578616d706c6500"},
    {TYPE_ATMA, "+61200000000", "013631323030303030303030"},
    {TYPE_ATMA, "39246f000e7c9c031200010001000012345678",
     "0039246f000e7c9c031200010001000012345678"},
    {TYPE_NAPTR, "100 10 \"u\" \"E2U+sip\" \"!^.*$!sip:info@example.com!\" .",
     "0064000a0175074532552b7369701b215e2e2a24217369703a696e666f406578616d706c652e63"
     "6f6d2100"},
    {TYPE_KX, "10 kx.example.", "000a026b78076578616d706c6500"},
    {TYPE_CERT, "1 0 0 AQID", "0001000000010203"},
    {TYPE_A6, "64 ::1:2:3:4 prefix.example.",
     "40000100020003000406707265666978076578616d706c6500"},
    {TYPE_A6, "0 2001:db8::1", "0020010db8000000000000000000000001"},
    {TYPE_A6, "128 whole.example.", "800577686f6c65076578616d706c6500"},
    {TYPE_A6, "61 ::7:0:0:1 p.example.", "3d0000070000000000010170076578616d706c6500"},
    {TYPE_DNAME, "elsewhere.Example.", "09656c73657768657265074578616d706c6500"},
    {TYPE_SINK, "1 2 3 AQID", "010203010203"},
    {TYPE_APL, "1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8 1:0.0.0.0/0",
     "00011503c0a82000011c83c0a82600020801ff00010000"},
    {TYPE_DS, "60485 5 1 2bb183af5f22588179a53b0a98631fad1a292118",
     "ec4505012bb183af5f22588179a53b0a98631fad1a292118"},
    {TYPE_SSHFP, "2 1 123456789abcdef67890123456789abcdef67890",
     "0201123456789abcdef67890123456789abcdef67890"},
    {TYPE_IPSECKEY, "10 1 2 192.0.2.38 AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
     "0a0102c0000226010351537986ed35533b6064478eeeb27b5bd74dae149b6e81ba3a0521af82ab"
     "7801"},
    {TYPE_IPSECKEY, "10 0 2 . AQNRU3mG7TVTO2BkR47usntb102uFJtugbo6BSGvgqt4AQ==",
     "0a0002010351537986ed35533b6064478eeeb27b5bd74dae149b6e81ba3a0521af82ab7801"},
    {TYPE_IPSECKEY, "10 2 2 2001:db8::38 AQID", "0a020220010db8000000000000000000000038010203"},
    {TYPE_IPSECKEY, "10 3 2 gw.example. AQID", "0a0302026777076578616d706c6500010203"},
    {TYPE_IPSECKEY, "10 3 0 gw.example.", "0a0300026777076578616d706c6500"},
    {TYPE_RRSIG, "A 8 2 3600 20380119031408 20240101000000 12345 example. AAAABBBB",
     "0001080200000e1080000000659200803039076578616d706c6500000000041041"},
    {TYPE_NSEC, "Host.example. A MX RRSIG NSEC TYPE1234",
     "04486f7374076578616d706c65000006400100000003041b000000000000000000000000000000"
     "000000000000000000000020"},
    {TYPE_DNSKEY,
     "257 3 13 mdsswUyr3DPW132mOi8V9xESWE8jTo0dxCjjnopKl+GqJxpVXckHAeF+KkxLbxILfDLUT"
     "0rAK9iUzy1L53eKGQ==",
     "0101030d99db2cc14cabdc33d6d77da63a2f15f71112584f234e8d1dc428e39e8a4a97e1aa271a"
     "555dc90701e17e2a4c4b6f120b7c32d44f4ac02bd894cf2d4be7778a19"},
    {TYPE_DHCID, "AAIBY2/AuCccgoJbsaxcQc9TUapptP69lOjxfNuVAA2kjEA=",
     "000201636fc0b8271c82825bb1ac5c41cf5351aa69b4febd94e8f17cdb95000da48c40"},
    {TYPE_NSEC3,
     "1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA MX RRSIG DNSKEY NSEC3P"
     "ARAM",
     "0101000c04aabbccdd14174eb2409fe28bcb4887a1836f957f0a8425e27b000722010000000290"},
    {TYPE_NSEC3, "1 0 0 - 2t7b4g4vsa5smi47k61mv5bv1a22bojr",
     "010000000014174eb2409fe28bcb4887a1836f957f0a8425e27b"},
    {TYPE_NSEC3PARAM, "1 0 12 aabbccdd", "0100000c04aabbccdd"},
    {TYPE_NSEC3PARAM, "1 0 0 -", "0100000000"},
    {TYPE_TLSA, "3 1 1 d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971",
     "030101d2abde240d7cd3ee6b4b28c54df034b97983a1d16e8a410e4561cb106618e971"},
    {TYPE_SMIMEA, "3 0 0 308202c5308201ab", "030000308202c5308201ab"},
    {TYPE_HIP,
     "2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cI rvs1.e"
     "xample. rvs2.example.",
     "1002001b200100107b1a74df365639cc39f1d57803010001b771ca136e4aeb5ce44333c53b3d2c"
     "13c22243851fc7080472767331076578616d706c65000472767332076578616d706c6500"},
    {TYPE_HIP, "2 200100107b1a74df365639cc39f1d578 AwEAAbdxyhNuSutc5EMzxTs9LBPCIkOFH8cI",
     "1002001b200100107b1a74df365639cc39f1d57803010001b771ca136e4aeb5ce44333c53b3d2c"
     "13c22243851fc708"},
    {TYPE_NINFO, "\"a zone\" \"of status\"", "0661207a6f6e65096f6620737461747573"},
    {TYPE_RKEY, "0 255 1 AQID", "0000ff01010203"},
    {TYPE_TALINK, "prev.example. next.example.",
     "0470726576076578616d706c6500046e657874076578616d706c6500"},
    {TYPE_CDS, "0 0 0 00", "0000000000"},
    {TYPE_CDNSKEY, "0 3 0 AA==", "0000030000"},
    {TYPE_OPENPGPKEY, "mDMEX8fSsg==", "9833045fc7d2b2"},
    {TYPE_CSYNC, "66 3 A NS AAAA", "000000420003000460000008"},
    {TYPE_ZONEMD,
     "2018031900 1 1 c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b"
     "9a9713b3c9ae5cc27777f98b8e730044c",
     "7848b91c0101c68090d90a7aed716bc459f9340e3d7c1370d4d24b7e2fc3a1ddc0b9a87153b9a9"
     "713b3c9ae5cc27777f98b8e730044c"},
    {TYPE_SVCB, "0 foo.example.", "000003666f6f076578616d706c6500"},
    {TYPE_SVCB, "16 foo.example. mandatory=alpn,ipv4hint alpn=\"h2,h3-19\" ipv4hint=192.0.2.1",
     "001003666f6f076578616d706c65000000000400010004000100090268320568332d3139000400"
     "04c0000201"},
    {TYPE_SVCB, "1 foo.example. key667=\"hello\\210qoo\"",
     "000103666f6f076578616d706c6500029b000968656c6c6fd2716f6f"},
    {TYPE_SVCB, "16 foo.example. alpn=\"f\\\\\\\\oo\\\\,bar,h2\"",
     "001003666f6f076578616d706c65000001000c08665c6f6f2c626172026832"},
    {TYPE_HTTPS,
     "1 . alpn=\"h2,h3\" no-default-alpn port=8443 ipv4hint=192.0.2.1,192.0.2.2 ech="
     "AEj+DQ== ipv6hint=2001:db8::1,2001:db8::2",
     "00010000010006026832026833000200000003000220fb00040008c0000201c000020200050004"
     "0048fe0d0006002020010db800000000000000000000000120010db80000000000000000000000"
     "02"},
    {TYPE_DSYNC, "CDS NOTIFY 5359 notify.example.",
     "003b0114ef066e6f74696679076578616d706c6500"},
    {TYPE_DSYNC, "CSYNC 2 5360 .", "003e0214f000"},
    {TYPE_HHIT, "gwppb3dv", "830a696f776f"},
    {TYPE_BRID, "gwppb3dv", "830a696f776f"},
    {TYPE_SPF, "\"v=spf1 -all\"", "0b763d73706631202d616c6c"},
    {TYPE_NID, "10 0014:4fff:ff20:ee64", "000a00144fffff20ee64"},
    {TYPE_L32, "10 10.1.2.0", "000a0a010200"},
    {TYPE_L64, "10 2001:0db8:1140:1000", "000a20010db811401000"},
    {TYPE_LP, "10 l64-subnet1.example.", "000a0b6c36342d7375626e657431076578616d706c6500"},
    {TYPE_EUI48, "00-00-5e-00-53-2a", "00005e00532a"},
    {TYPE_EUI64, "00-00-5e-ef-10-00-00-2a", "00005eef1000002a"},
    {TYPE_TKEY, "gss-tsig. 20240101000000 20240102000000 3 0 3 AQID 0",
     "086773732d747369670065920080659352000003000000030102030000"},
    {TYPE_TSIG, "hmac-sha256. 1853804800 300 4 AQIDBA== 1234 18 6 AABufvqA",
     "0b686d61632d7368613235360000006e7ed100012c00040102030404d20012000600006e7efa80"},
    {TYPE_TSIG, "hmac-sha256. 281474976710655 300 0 1 0 0",
     "0b686d61632d73686132353600ffffffffffff012c0000000100000000"},
    {TYPE_URI, "10 1 \"ftp://ftp1.example.com/public\"",
     "000a00016674703a2f2f667470312e6578616d706c652e636f6d2f7075626c6963"},
    {TYPE_CAA, "0 issue \"ca.example.net; policy=ev\"",
     "0005697373756563612e6578616d706c652e6e65743b20706f6c6963793d6576"},
    {TYPE_CAA, "128 tbs \"\"", "8003746273"},
    {TYPE_AVC, "\"app-name:WOLFGANG\"", "116170702d6e616d653a574f4c4647414e47"},
    {TYPE_DOA,
     "1 2 3 \"text/plain\" aGVsbG8=", "0000000100000002030a746578742f706c61696e68656c6c6f"},
    {TYPE_DOA, "0 0 1 \"\" -", "00000000000000000100"},
    {TYPE_AMTRELAY, "10 0 1 203.0.113.15", "0a01cb00710f"},
    {TYPE_AMTRELAY, "10 1 0 .", "0a80"},
    {TYPE_AMTRELAY, "10 0 2 2001:db8::15", "0a0220010db8000000000000000000000015"},
    {TYPE_AMTRELAY, "128 1 3 amtrelays.example.", "808309616d7472656c617973076578616d706c6500"},
    {TYPE_RESINFO, "\"qnamemin\" \"exterr=15-17\"",
     "08716e616d656d696e0c6578746572723d31352d3137"},
    {TYPE_WALLET, "\"ETH\" \"0x1234\"", "0345544806307831323334"},
    {TYPE_CLA, "\"TCP-v4-v6\"", "095443502d76342d7636"},
    {TYPE_IPN, "18446744073709551615", "ffffffffffffffff"},
    {TYPE_TA, "60485 5 1 2bb183af", "ec4505012bb183af"},
    {TYPE_DLV, "60485 5 1 2bb183af", "ec4505012bb183af"},
};

/* Text that we understand but print otherwise. */
static const struct {
    const char *why;
    uint16_t type;
    const char *text, *hex;
} liberal[] = {
    {"RFC 3597 section 5: the generic form of a known type", TYPE_A, "\\# 4 c0000201",
     "c0000201"},
    {"hexadecimal digits in groups", 65280, "\\# 6 01 0203 04 0506", "010203040506"},
    {"no octets at all", TYPE_NULL, "\\# 0", ""},
    {"a relative name gets the origin", TYPE_MX, "10 mail", "000a046d61696c076578616d706c6500"},
    {"the origin itself", TYPE_NS, "@", "076578616d706c6500"},
    {"an escaped dot at the end does not make it absolute", TYPE_NS, "a\\.",
     "02612e076578616d706c6500"},
    {"a backslash before the dot at the end does", TYPE_NS, "a\\\\.", "02615c00"},
    {"bare strings, escapes, comment", TYPE_TXT, "bare a\\ b \\065\\066 ; no more",
     "04626172650361206202"
     "4142"},
    {"quotes side by side", TYPE_TXT, "\"a\"\"b\"", "01610162"},
    {"parentheses around lines", TYPE_TXT, "( a ; one\n b )\n", "01610162"},
    {"an equals sign and quotes are no service parameter here", TYPE_TXT, "\"k=v\"",
     "036b3d76"},
    {"RFC 4034 section 3.2: times as numbers", TYPE_RRSIG, "A 8 0 0 4294967295 0 1 . AAAA",
     "0001080000000000ffffffff00000000000100000000"},
    {"RFC 4034 section 3.2: a date behind 2106 counts modulo 2^32", TYPE_RRSIG,
     "A 8 0 0 21060207062816 19700101000001 1 . AAAA",
     "000108000000000000000000000000010001"
     "00000000"},
    {"a signature without octets is there, and bogus", TYPE_RRSIG, "A 8 0 0 1 1 1 .",
     "0001080000000000000000010000000100010"
     "0"},
    {"mnemonic of the algorithm", TYPE_DNSKEY, "256 3 RSASHA256 AAAA", "01000308000000"},
    {"digest in groups, upper case", TYPE_DS, "1 ED25519 2 AABB CCDD", "00010f02aabbccdd"},
    {"base64 in groups", TYPE_DNSKEY, "256 3 8 AQ ID BA ==", "0100030801020304"},
    {"mnemonic of the certificate", TYPE_CERT, "IPGP 1 RSASHA1 AQID", "0006000105010203"},
    {"periods with units", TYPE_SOA, ". . 1 1h 30M 1w2d 1d12h30m1s",
     "00000000000100000e1000000708000bdd8000020149"},
    {"types in any order, twice", TYPE_NSEC, ". TYPE65535 MX A MX",
     "0000024001ff200000000000000000000000000000000000000000000000000000000000000001"},
    {"minutes, seconds and sizes left out: RFC 1876 section 3", TYPE_LOC, "1 N 2 0 E 3",
     "00121613"
     "8036ee80"
     "806ddd00"
     "009897ac"},
    {"digits of a size behind the first are cut off", TYPE_LOC, "0 N 0 E 0m 129m",
     "00141613"
     "80000000"
     "80000000"
     "00989680"},
    {"services by name", TYPE_WKS, "192.0.2.1 tcp smtp DOMAIN",
     "c000020106"
     "00000040"
     "000004"},
    {"RFC 9460 section 2.1: parameters in any order", TYPE_SVCB,
     "1 . port=53 mandatory=port,alpn alpn=dot",
     "000100"
     "0000000400010003"
     "0001000403646f74"
     "000300020035"},
    {"RFC 9460 section 2.1: a known key by number has its octets as they are", TYPE_SVCB,
     "1 . key3=\\000\\053",
     "000100"
     "000300020035"},
    {"RFC 9460 appendix D.2: escaped in both ways", TYPE_SVCB,
     "16 foo.example. alpn=f\\\\\\092oo\\092,bar,h2",
     "001003666f6f076578616d706c6500"
     "0001000c08665c6f6f2c62617202"
     "6832"},
    {"an IPv4 address in an AAAA's text", TYPE_AAAA, "::ffff:192.0.2.1",
     "00000000000000000000ffffc0000201"},
    {"EUI digits in upper case", TYPE_EUI48, "00-00-5E-00-53-2A", "00005e00532a"},
    {"dots anywhere", TYPE_NSAP, "0x47.0005.80", "47000580"},
};

static const struct {
    const char *why;
    uint16_t type;
    const char *text;
} broken_text[] = {
    {"three octets", TYPE_A, "192.0.2"},
    {"an octet over 255", TYPE_A, "192.0.2.256"},
    {"a second address", TYPE_A, "192.0.2.1 192.0.2.2"},
    {"nothing", TYPE_A, ""},
    {"a comment only", TYPE_A, "; 192.0.2.1"},
    {"a second record", TYPE_A, "192.0.2.1\n192.0.2.2"},
    {"an IPv4 address", TYPE_AAAA, "192.0.2.1"},
    {"an address with a zone", TYPE_AAAA, "fe80::1%2"},
    {"a label of 64 octets", TYPE_NS, L63 "4."},
    {"a name of 256 octets", TYPE_NS, L63 "." L63 "." L63 "." L63 "."},
    {"an empty label", TYPE_NS, "a..b."},
    {"no name", TYPE_MX, "10"},
    {"a number over 65535", TYPE_MX, "65536 mail."},
    {"a negative number", TYPE_MX, "-1 mail."},
    {"a number with letters", TYPE_MX, "10x mail."},
    {"seven fields wanted", TYPE_SOA, ". . 1 2 3 4"},
    {"a period without a number", TYPE_SOA, ". . 1 h 2 3 4"},
    {"an unknown unit", TYPE_SOA, ". . 1 1y 2 3 4"},
    {"a period over 32 bits", TYPE_SOA, ". . 1 99999w 2 3 4"},
    {"no string at all", TYPE_TXT, ""},
    {"a string of 256 octets", TYPE_TXT, FIFTY FIFTY FIFTY FIFTY FIFTY "123456"},
    {"a quote without an end", TYPE_TXT, "\"abc"},
    {"a line end inside quotes", TYPE_TXT, "\"a\nb\""},
    {"an escape over 255", TYPE_TXT, "\\256"},
    {"two digits behind a backslash", TYPE_TXT, "\\25"},
    {"a backslash at the end", TYPE_TXT, "abc\\"},
    {"an open parenthesis", TYPE_TXT, "( abc"},
    {"a closing parenthesis alone", TYPE_TXT, "abc )"},
    {"\\# without a number", TYPE_A, "\\#"},
    {"\\# with too few octets", TYPE_A, "\\# 4 c00002"},
    {"\\# with half an octet", TYPE_A, "\\# 4 c000020"},
    {"\\# whose octets are none of the type", TYPE_A, "\\# 3 c00002"},
    {"\\# with a pointer", TYPE_NS, "\\# 2 c000"},
    {"\\# over 65535", TYPE_NULL, "\\# 65536"},
    {"a type without a form of its own", TYPE_NULL, "abc"},
    {"hexadecimal digits that are none", TYPE_DS, "1 8 2 xyz"},
    {"no digest", TYPE_DS, "1 8 2"},
    {"an unknown algorithm", TYPE_DS, "1 RSASHA999 2 aa"},
    {"base64 with a digit too many", TYPE_DNSKEY, "256 3 8 AAAAA"},
    {"no key", TYPE_DNSKEY, "256 3 8"},
    {"a date of 13 digits", TYPE_RRSIG, "A 8 0 0 2024010100000 20240101000000 1 . AAAA"},
    {"the 30th of February", TYPE_RRSIG, "A 8 0 0 20240230000000 20240101000000 1 . AAAA"},
    {"an unknown type", TYPE_NSEC, ". A BOGUS"},
    {"an empty hash", TYPE_NSEC3, "1 0 0 - \"\" A"},
    {"a salt of half octets", TYPE_NSEC3PARAM, "1 0 0 abc"},
    {"types above 127", TYPE_NXT, ". CAA"},
    {"91 degrees", TYPE_LOC, "91 N 0 E 0"},
    {"90 degrees and more", TYPE_LOC, "90 0 0.001 N 0 E 0"},
    {"60 minutes", TYPE_LOC, "1 60 N 0 E 0"},
    {"no letter", TYPE_LOC, "1 2 3 4 0 E 0"},
    {"the wrong letter", TYPE_LOC, "1 E 0 E 0"},
    {"below the deepest", TYPE_LOC, "1 N 0 E -100000.01m"},
    {"an unknown family", TYPE_APL, "3:1.2.3.4/8"},
    {"more bits than the address has", TYPE_APL, "1:1.2.3.4/33"},
    {"no bits", TYPE_APL, "1:1.2.3.4"},
    {"an unknown kind of gateway", TYPE_IPSECKEY, "10 4 2 . AAAA"},
    {"a gateway where there is none", TYPE_IPSECKEY, "10 0 2 a. AAAA"},
    {"a D bit of 2", TYPE_AMTRELAY, "10 2 0 ."},
    {"a name must follow", TYPE_A6, "64 ::1"},
    {"no name may follow", TYPE_A6, "0 ::1 a."},
    {"a prefix over 128", TYPE_A6, "129 a."},
    {"a tag with a dash", TYPE_CAA, "0 is-sue \"x\""},
    {"no value", TYPE_CAA, "0 issue"},
    {"a port over 65535", TYPE_WKS, "192.0.2.1 6 65536"},
    {"five groups", TYPE_EUI48, "00-00-5e-00-53"},
    {"colons", TYPE_EUI48, "00:00:5e:00:53:2a"},
    {"a group of five digits", TYPE_L64, "10 2001:0db8:1140:10000"},
    {"no 0x", TYPE_NSAP, "47000580"},
    {"letters in a number", TYPE_ATMA, "+61a"},
    {"another length than that of the octets", TYPE_TSIG, "a. 1 2 4 AAAA 1 0 0"},
    {"a time over 48 bits", TYPE_TSIG, "a. 281474976710656 2 0 1 0 0"},
    {"RFC 9460 section 2.1: a key twice", TYPE_SVCB, "1 . port=1 port=2"},
    {"an unknown key", TYPE_SVCB, "1 . colour=blue"},
    {"a number with a zero in front", TYPE_SVCB, "1 . key01=a"},
    {"RFC 9460 appendix D.3: a key that needs a value", TYPE_SVCB, "1 . mandatory"},
    {"the same", TYPE_SVCB, "1 . alpn"},
    {"the same", TYPE_SVCB, "1 . port"},
    {"the same", TYPE_SVCB, "1 . ipv4hint"},
    {"RFC 9460 appendix D.3: a key that takes no value", TYPE_SVCB,
     "1 . alpn=h2 no-default-alpn=abc"},
    {"RFC 9460 section 7.1.1: alone", TYPE_SVCB, "1 . no-default-alpn"},
    {"RFC 9460 appendix D.3: a mandatory key is missing", TYPE_SVCB, "1 . mandatory=key123"},
    {"RFC 9460 appendix D.3: mandatory names itself", TYPE_SVCB, "1 . mandatory=mandatory"},
    {"RFC 9460 appendix D.3: a mandatory key twice", TYPE_SVCB,
     "1 . mandatory=key123,key123 key123=abc"},
    {"an empty item", TYPE_SVCB, "1 . alpn=h2,,h3"},
    {"not base64", TYPE_SVCB, "1 . ech=%%%"},
    {"a port of three octets by number", TYPE_SVCB, "1 . key3=abc"},
};

/* Well-formed octets that the type's own text cannot say. */
static const struct {
    const char *why;
    uint16_t type, rrclass;
    const char *hex, *text;
} generic[] = {
    {"RFC 1035 section 3.4.1: addresses of other classes have other forms", TYPE_A, CLASS_CH,
     "00c0", "\\# 2 00c0"},
    {"an unknown type", 65280, CLASS_IN, "010203", "\\# 3 010203"},
    {"malformed", TYPE_A, CLASS_IN, "c00002", "\\# 3 c00002"},
    {"empty", TYPE_APL, CLASS_IN, "", "\\# 0"},
    {"LOC of another version", TYPE_LOC, CLASS_IN, "0100", "\\# 2 0100"},
    {"a size of 0 x 10^2", TYPE_LOC, CLASS_IN, "00021613800000008000000000989680",
     "\\# 16 00021613800000008000000000989680"},
    {"beyond the pole", TYPE_LOC, CLASS_IN, "00121613ffffffff8000000000989680",
     "\\# 16 00121613ffffffff8000000000989680"},
    {"an unknown family", TYPE_APL, CLASS_IN, "00030801ff", "\\# 5 00030801ff"},
    {"a zero octet at the end of a prefix", TYPE_APL, CLASS_IN, "000118020a00",
     "\\# 6 000118020a00"},
    {"an unknown kind of gateway", TYPE_IPSECKEY, CLASS_IN, "0a0902ffff", "\\# 5 0a0902ffff"},
    {"padding bits of A6", TYPE_A6, CLASS_IN, "7fff00", "\\# 3 7fff00"},
    {"RFC 9460 section 4.3: a port of three octets is passed on", TYPE_SVCB, CLASS_IN,
     "0001000003000300"
     "3535",
     "\\# 10 00010000030003003535"},
    {"mandatory, but not there", TYPE_SVCB, CLASS_IN,
     "00010000000002"
     "0003",
     "\\# 9 000100000000020003"},
    {"zero octets at the end of ports", TYPE_WKS, CLASS_IN, "c0000201060100",
     "\\# 7 c0000201060100"},
    {"RFC 2535 section 5.2: the first bit says another format", TYPE_NXT, CLASS_IN, "0080",
     "\\# 2 0080"},
    {"an unknown format of ATM address", TYPE_ATMA, CLASS_IN, "0201", "\\# 2 0201"},
    {"E.164 with letters", TYPE_ATMA, CLASS_IN, "0161", "\\# 2 0161"},
};

static struct slice octets_of(struct arena *arena, const char *hex)
{
    size_t size = strlen(hex) / 2;
    struct sink sink = sink_of(arena_bytes(arena, size + 1), size);

    assert_int_equal(text_read_hex(hex, &sink), STATUS_OK);
    return sink_written(&sink);
}

static const char *hex_of(struct arena *arena, struct slice octets)
{
    struct text text = text_in(arena);

    text_add_hex(&text, octets);
    return text_done(&text);
}

static const char *print(struct arena *arena, struct slice rdata, uint16_t type,
                         uint16_t rrclass)
{
    struct text text = text_in(arena);

    rdata_to_text(&text, rdata, type, rrclass);
    return text_done(&text);
}

static void text_and_octets_of_every_type(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct slice rdata;
        enum status status =
            rdata_from_text(forms[i].text, forms[i].type, CLASS_IN, NULL, arena, &rdata);

        if (status != STATUS_OK)
            fail_msg("type %u: %s", forms[i].type, forms[i].text);
        assert_string_equal(hex_of(arena, rdata), forms[i].hex);
        rdata = octets_of(arena, forms[i].hex);
        assert_true(rdata_check(rdata, forms[i].type, CLASS_IN));
        assert_string_equal(print(arena, rdata, forms[i].type, CLASS_IN), forms[i].text);
    }
    arena_free(arena);
}

static void every_layout_has_a_case(void **state)
{
    static const uint16_t types[] = {
#define RDATA(type, layout) TYPE_##type,
#include "util/wire/rdata.def"
#undef RDATA
    };

    (void)state;
    for (size_t i = 0; i < COUNT(types); i++) {
        bool found = false;

        for (size_t j = 0; j < COUNT(forms); j++)
            found = found || forms[j].type == types[i];
        if (!found)
            fail_msg("no case for type %u", types[i]);
    }
}

/* Each octet less of a well-formed rdata is another rdata or none, but never read beyond. */
static void cut_short_anywhere(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(forms); i++) {
        struct slice whole = octets_of(arena, forms[i].hex);

        for (size_t size = 0; size < whole.size; size++) {
            uint8_t *exact = malloc(size + 1);
            struct rdata_name names[RDATA_NAMES_MAX];
            struct slice part = slice_of(exact + 1, size);

            assert_non_null(exact);
            memcpy(exact + 1, whole.data, size);
            if (rdata_check(part, forms[i].type, CLASS_IN))
                assert_true(rdata_names(part, forms[i].type, names) <= RDATA_NAMES_MAX);
            assert_non_null(print(arena, part, forms[i].type, CLASS_IN));
            free(exact);
        }
    }
    arena_free(arena);
}

static void other_ways_to_write_it(void **state)
{
    struct arena *arena = arena_new(0);
    struct dname origin;

    (void)state;
    assert_int_equal(dname_from_text_in(arena, "example.", &origin), STATUS_OK);
    for (size_t i = 0; i < COUNT(liberal); i++) {
        struct slice rdata;

        if (rdata_from_text(liberal[i].text, liberal[i].type, CLASS_IN, &origin, arena,
                            &rdata) != STATUS_OK)
            fail_msg("%s: %s", liberal[i].why, liberal[i].text);
        assert_string_equal(hex_of(arena, rdata), liberal[i].hex);
    }
    arena_free(arena);
}

static void text_that_is_refused(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(broken_text); i++) {
        struct slice rdata;

        if (rdata_from_text(broken_text[i].text, broken_text[i].type, CLASS_IN, NULL, arena,
                            &rdata) != STATUS_MALFORMED)
            fail_msg("%s: %s", broken_text[i].why, broken_text[i].text);
    }
    arena_free(arena);
}

static void what_has_no_text_is_generic(void **state)
{
    struct arena *arena = arena_new(0);

    (void)state;
    for (size_t i = 0; i < COUNT(generic); i++)
        assert_string_equal(
            print(arena, octets_of(arena, generic[i].hex), generic[i].type, generic[i].rrclass),
            generic[i].text);
    arena_free(arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_and_octets_of_every_type),
        cmocka_unit_test(every_layout_has_a_case),
        cmocka_unit_test(cut_short_anywhere),
        cmocka_unit_test(other_ways_to_write_it),
        cmocka_unit_test(text_that_is_refused),
        cmocka_unit_test(what_has_no_text_is_generic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
