/*
 * qmin.c - counting labels for RFC 9156.
 */
#include "iterator/qmin.h"

enum { ONE_LABEL_STEPS = 4 }; /* MINIMISE_ONE_LAB, RFC 9156 section 2.3 */

/* How many labels the next name gets on top, in steps of more than one once the first are used
 * up. */
static uint8_t step_size(const struct qmin *qmin, uint8_t missing, unsigned most)
{
    unsigned steps_left;

    if (qmin->steps < ONE_LABEL_STEPS)
        return 1;
    steps_left = most > qmin->steps ? most - qmin->steps : 1;
    return (uint8_t)((missing + steps_left - 1) / steps_left);
}

struct question qmin_next(const struct qmin *qmin, const struct question *full,
                          struct dname zone, unsigned most, bool *minimised)
{
    struct question question = *full;
    uint8_t known = (uint8_t)size_max(qmin->labels, zone.labels);
    uint8_t all = full->qname.labels;

    *minimised = false;
    if (!qmin->active || known >= all || qmin->steps >= most)
        return question;
    known = (uint8_t)(known + step_size(qmin, (uint8_t)(all - known), most));
    if (known >= all)
        return question;
    question.qname = dname_ancestor(full->qname, known);
    question.qtype = TYPE_A;
    *minimised = true;
    return question;
}

void qmin_answered(struct qmin *qmin, uint8_t labels)
{
    qmin->labels = labels;
    qmin->steps++;
    qmin->timeouts = 0;
}

void qmin_timed_out(struct qmin *qmin, unsigned most)
{
    qmin->timeouts++;
    if (most != 0 && qmin->timeouts >= most)
        qmin->active = false;
}
