/*
 * iana_2024_for_tests.h - root-anchors.xml and its signature as IANA published them in July 2024,
 * at https://data.iana.org/root-anchors/.
 *
 * Included by anchor_cms_test.c only. The certificate of who signed was valid from 2021-07-08 to
 * 2026-07-07.
 */
#ifndef TREESHREW_TOOLS_IANA_2024_FOR_TESTS_H
#define TREESHREW_TOOLS_IANA_2024_FOR_TESTS_H

/* clang-format off */
static const char iana_2024_xml[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    "<TrustAnchor id=\"0C05FDD6-422C-4910-8ED6-430ED15E11C2\" source=\"http://data.iana.o"
    "rg/root-anchors/root-anchors.xml\">\n"
    "    <Zone>.</Zone>\n"
    "    <KeyDigest id=\"Kjqmt7v\" validFrom=\"2010-07-15T00:00:00+00:00\" validUntil=\"2"
    "019-01-11T00:00:00+00:00\">\n"
    "        <KeyTag>19036</KeyTag>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <DigestType>2</DigestType>\n"
    "        <Digest>49AAC11D7B6F6446702E54A1607371607A1A41855200FD2CE1CDDE32F24E8FB5</Di"
    "gest>\n"
    "    </KeyDigest>\n"
    "    <KeyDigest id=\"Klajeyz\" validFrom=\"2017-02-02T00:00:00+00:00\">\n"
    "        <KeyTag>20326</KeyTag>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <DigestType>2</DigestType>\n"
    "        <Digest>E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D</Di"
    "gest>\n"
    "        <PublicKey>AwEAAaz/tAm8yTn4Mfeh5eyI96WSVexTBAvkMgJzkKTOiW1vkIbzxeF3+/4RgWOq7"
    "HrxRixHlFlExOLAJr5emLvN7SWXgnLh4+B5xQlNVz8Og8kvArMtNROxVQuCaSnIDdD5LKyWbRd2n9WGe2R8P"
    "zgCmr3EgVLrjyBxWezF0jLHwVN8efS3rCj/EWgvIWgb9tarpVUDK/b58Da+sqqls3eNbuv7pr+eoZG+SrDK6"
    "nWeL3c6H5Apxz7LjVc1uTIdsIXxuOLYA4/ilBmSVIzuDWfdRUfhHdY6+cn8HFRm+2hM8AnXGXws9555KrUB5"
    "qihylGa8subX2Nn6UwNR1AkUTV74bU=</PublicKey>\n"
    "        <Flags>257</Flags>\n"
    "    </KeyDigest>\n"
    "    <KeyDigest id=\"Kmyv6jo\" validFrom=\"2024-07-18T00:00:00+00:00\">\n"
    "        <KeyTag>38696</KeyTag>\n"
    "        <Algorithm>8</Algorithm>\n"
    "        <DigestType>2</DigestType>\n"
    "        <Digest>683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16</Di"
    "gest>\n"
    "        <PublicKey>AwEAAa96jeuknZlaeSrvyAJj6ZHv28hhOKkx3rLGXVaC6rXTsDc449/cidltpkyGw"
    "CJNnOAlFNKF2jBosZBU5eeHspaQWOmOElZsjICMQMC3aeHbGiShvZsx4wMYSjH8e7Vrhbu6irwCzVBApESjb"
    "UdpWWmEnhathWu1jo+siFUiRAAxm9qyJNg/wOZqqzL/dL/q8PkcRU5oUKEpUge71M3ej2/7CPqpdVwuMoTvo"
    "B+ZOT4YeGyxMvHmbrxlFzGOHOijtzN+u1TQNatX2XBuzZNQ1K+s2CXkPIZo7s6JgZyvaBevYtxPvYLw4z9mR"
    "7K2vaF18UYH9Z9GNUUeayffKC73PYc=</PublicKey>\n"
    "        <Flags>257</Flags>\n"
    "    </KeyDigest>\n"
    "</TrustAnchor>\n";

/* In base64. */
static const char iana_2024_p7s[] =
    "MIIJ1wYJKoZIhvcNAQcCoIIJyDCCCcQCAQExDzANBglghkgBZQMEAgEFADALBgkqhkiG9w0BBwGgggcnMIID"
    "dzCCAl+gAwIBAgIBATANBgkqhkiG9w0BAQsFADBdMQ4wDAYDVQQKEwVJQ0FOTjEmMCQGA1UECxMdSUNBTk4g"
    "Q2VydGlmaWNhdGlvbiBBdXRob3JpdHkxFjAUBgNVBAMTDUlDQU5OIFJvb3QgQ0ExCzAJBgNVBAYTAlVTMB4X"
    "DTA5MTIyMzA0MTkxMloXDTI5MTIxODA0MTkxMlowXTEOMAwGA1UEChMFSUNBTk4xJjAkBgNVBAsTHUlDQU5O"
    "IENlcnRpZmljYXRpb24gQXV0aG9yaXR5MRYwFAYDVQQDEw1JQ0FOTiBSb290IENBMQswCQYDVQQGEwJVUzCC"
    "ASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEBAKDbcLhPNNqc1NB+u+oVvOnJESofYS9qub0/PXagmgr3"
    "7pNublVThIzyLPGCJ8gPms9SG1TaKNIsMI7d+5IgMy3WyPEOECGIcfqEIktdR1YWfJufXcMReZwU4v/AdKzd"
    "OdfgONiwc6r70duEr1IiqPbVm5T05l1e6D+HkAvHGnf1LtOPGs4CHQdpIUcy2kauAEy2paKcOcHASvbTHK7T"
    "bbvHGPB+7faAztABLoneErruEcumetcNfPMIjXKdv1V1E3C7MSJKy+jAqqQJqjZoQGB0necZgUMiUv7JK1IP"
    "QRM2CXJllcyJrm9WFxY0c1KjBO29iIKK69fcglKcBuFShUECAwEAAaNCMEAwDwYDVR0TAQH/BAUwAwEB/zAO"
    "BgNVHQ8BAf8EBAMCAf4wHQYDVR0OBBYEFLpS6UmDJIZSL8eZzfyNa2kITcBQMA0GCSqGSIb3DQEBCwUAA4IB"
    "AQAP8emCogqHny2UYFqywEuhLys7R9UKmYY4suzGO4nkbgfPFMfH6M+Zj6owwxlwueZt1j/IaCayoKU3QsrY"
    "YoDRolpILh+FPwx7wseUEV8ZKpWsoDoD2JFbLg2cfB8u/OlE4RYmcxxFSmXBg0yQ8/IoQt/bxOcEEhhiQ168"
    "H2yE5rxJMt9h15nu5JBSewrCkYqYYmaxyOC3WrVGfHZxVI7MpIFcGdvSb2a1uyuua8l0BKgk3ujF0/wsHNeP"
    "22qNyVO+XVBzrM8fk8BSUFuiT/6tZTYXRtEt5aKQZgXbKU5dUF3jT9qgj/Br5BZw3X/zd325TvnswzMC1+lj"
    "LzHnQGGkMIIDqDCCApCgAwIBAgIBDDANBgkqhkiG9w0BAQsFADBdMQ4wDAYDVQQKEwVJQ0FOTjEmMCQGA1UE"
    "CxMdSUNBTk4gQ2VydGlmaWNhdGlvbiBBdXRob3JpdHkxFjAUBgNVBAMTDUlDQU5OIFJvb3QgQ0ExCzAJBgNV"
    "BAYTAlVTMB4XDTIxMDcwODIyNDgxM1oXDTI2MDcwNzIyNDgxM1owWzEOMAwGA1UECgwFSUNBTk4xKTAnBgNV"
    "BAMMIEROU1NFQyBUcnVzdCBBbmNob3IgVmVyaWZpY2F0aW9uMR4wHAYJKoZIhvcNAQkBFg9kbnNzZWNAaWFu"
    "YS5vcmcwggEiMA0GCSqGSIb3DQEBAQUAA4IBDwAwggEKAoIBAQC6DzCGhc2M/zvDxqcV/Vz3g8cJsczCbHdy"
    "qZVgAhzFej52zp3jfuFgEivHNQwryy6jhcguUMyLfDTw6cFgZ5wRffF6kHA88oNzm5TWnmyB0XHbgi35lQlM"
    "QsJE6qUw3xMAJSZI7i22HJMejYgAmYgZ5hIjoGbiE8/3qZNyZdDkM0kRhIEETGXwog41tLbg8WeGJZgiok24"
    "CcMdtQZQEoemkgZvBLUp1g16O/lSzcQ3HAL0kHLK9C+ZgEu3jKJv2LvZbO4NXINXEAlue0T4KokOpLzRABtX"
    "2m3wVvktcjCycDP3zPcwnf71NEttxKfdeoklAhXCtuKMkNIVy5tLjy+9AgMBAAGjdTBzMAwGA1UdEwEB/wQC"
    "MAAwDgYDVR0PAQH/BAQDAgCgMBMGA1UdJQQMMAoGCCsGAQUFBwMEMB8GA1UdIwQYMBaAFLpS6UmDJIZSL8eZ"
    "zfyNa2kITcBQMB0GA1UdDgQWBBSfILZFVj/Jz/ZrOiXYdcO1BS2izzANBgkqhkiG9w0BAQsFAAOCAQEAeMQN"
    "K0uW+uKtX/E0sOstmQ9nD/HwSgRWaHQwGZPfkAElkNC9bgwbBzp/4pd6vM8OKo5W8uPwTTkS1fs5PU6iUjjV"
    "JuHngG/s2tK3Dao+4wqSs/mt+JCYcsNrhGwGLetOmiAIPNX9YvfjuRpeI6ahH7ThJ2L7w7lOMDrSMDguaFzg"
    "sms78PfKy9kGKP8GzOiZEm78iSW68UIlnKfh8vTf32EP7rEvrqGiER+9F0mq+m0APMY3hOtpPX0i+t1jyNaz"
    "TT46Qum127GC6zOJovoPOeh1PHHKa9UbbSylUXoCiKldVy8DwHCC/Mz1+2n7uijJ2TCcJg0LX3S0YHmRYeUI"
    "sTGCAnQwggJwAgEBMGIwXTEOMAwGA1UEChMFSUNBTk4xJjAkBgNVBAsTHUlDQU5OIENlcnRpZmljYXRpb24g"
    "QXV0aG9yaXR5MRYwFAYDVQQDEw1JQ0FOTiBSb290IENBMQswCQYDVQQGEwJVUwIBDDANBglghkgBZQMEAgEF"
    "AKCB5DAYBgkqhkiG9w0BCQMxCwYJKoZIhvcNAQcBMBwGCSqGSIb3DQEJBTEPFw0yNDEwMjIxODEwMDVaMC8G"
    "CSqGSIb3DQEJBDEiBCA8yqs4gwAl7goPbB8ldpQnVE+B6ihlqoYEaPPvUni5CDB5BgkqhkiG9w0BCQ8xbDBq"
    "MAsGCWCGSAFlAwQBKjALBglghkgBZQMEARYwCwYJYIZIAWUDBAECMAoGCCqGSIb3DQMHMA4GCCqGSIb3DQMC"
    "AgIAgDANBggqhkiG9w0DAgIBQDAHBgUrDgMCBzANBggqhkiG9w0DAgIBKDANBgkqhkiG9w0BAQEFAASCAQAU"
    "Fe3OBni6l/FXQ8bUflGEDYE2T/kH9nz0fWv8d5YB8w4bLRN9drTOEdxYIzRer3bVjpDaVPZNJ9nk2K6BxAJp"
    "0QOglM9jXKC5m3cae7wPPIuMlMw1pKoZcseRjQIAS6Uo7P75zGt1OvBwS+nso4BZ8o0vHQucCKIyAQ5D7got"
    "mF3lkOzR93Ou2DY2jmuCXUzqE6mqpAcheg7NESGklxGP4MJFb6XahkoJ1Cf2iEgjNsjzDWMnzLMw23FxwrMz"
    "ljEaiBxAZk/Xwa2fxIjjuG4yDtACvtogyOiQhm1eLURzt7Uoite96busRJZzSnFxkefR1KPWv2s3FFPP+w7v"
    "3X87";
/* clang-format on */

#endif
