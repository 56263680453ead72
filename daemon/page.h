/*
 * page.h - the page of metrics, served over HTTP.
 *
 * Made by server.c, followed by reload.c; in the main thread. Opening is apart from serving, so
 * that a port that cannot be had fails a reload before anything has changed, and so that a low
 * port is opened while there are rights to it.
 */
#ifndef TREESHREW_DAEMON_PAGE_H
#define TREESHREW_DAEMON_PAGE_H

#include "daemon/server_inside.h"

struct page;

/** @return NULL: no memory. */
struct page *page_new(struct server *server);
void page_free(struct page *page);

/**
 * Opens sockets for what the options want and is not served yet; nothing changes.
 * @param must false: an address that cannot be had is told in the log and left out.
 * @return false: told in report or log; what was served goes on.
 */
bool page_open(struct page *page, const struct options *options, bool must,
               struct conf_report *report, struct log *log);

/** Serves what was opened last, and closes what is no longer wanted. Only while the loop is
 * there. */
void page_follow(struct page *page);

/** Closes what was opened last and is not served yet. */
void page_forget(struct page *page);

#endif
