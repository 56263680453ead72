/*
 * anchor_ca.h - ICANN's certificate, by which root-anchors.xml is trusted.
 *
 * Used by shrew-anchor where no other one is given. Data only.
 */
#ifndef TREESHREW_TOOLS_ANCHOR_CA_H
#define TREESHREW_TOOLS_ANCHOR_CA_H

/**
 * "ICANN Root CA" in PEM, as in https://data.iana.org/root-anchors/icannbundle.pem; valid until
 * 2029-12-18. SHA-256 of it: ae:e8:99:06:d7:cc:60:c5:e1:51:f3:bb:92:3a:bf:8a:1b:28:dc:85:5d:5e:
 * 21:27:cb:52:4e:ad:4a:ad:60:3d (checked by anchor_cms_test.c).
 */
extern const char anchor_ca_icann[];

#endif
