/*
 * validator.c - the validator's settings out of the options.
 */
#include "validator/validator.h"

struct validator_config *validator_config_new(struct arena *arena,
                                              const struct validator_options *options,
                                              const struct crypto *crypto,
                                              anchor_complain *complain, void *context)
{
    struct validator_config *config = ARENA_NEW(arena, struct validator_config);
    struct opt_item place = {.text = "val-override-date"};

    if (config == NULL)
        return NULL;
    config->options = options;
    config->crypto = crypto;
    if (sig_clock_read(&config->clock, options->val_override_date) != STATUS_OK) {
        complain(context, &place, "val-override-date: a time as 20260821120000 is expected");
        return NULL;
    }
    config->clock.skew_min_s = options->val_sig_skew_min;
    config->clock.skew_max_s = options->val_sig_skew_max;
    place.text = "val-nsec3-keysize-iterations";
    if (!nsec3_rules_from_text(options->val_nsec3_keysize_iterations, &config->nsec3_rules)) {
        complain(context, &place,
                 "val-nsec3-keysize-iterations: pairs of numbers are expected");
        return NULL;
    }
    return config;
}
