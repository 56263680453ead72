# install.mk - make install and make uninstall; read by the Makefile.
#
# What is installed where is one list, INSTALLED, of words SOURCE:TARGET:MODE; both goals walk through it,
# so that uninstall forgets nothing. Folders have the names of the GNU conventions. Nothing is installed
# that a later start makes by itself (/run/shrewd), and nothing of the system is switched on.
#
# INIT: which start scripts: systemd, openrc, freebsd, openbsd, netbsd, or "none"; default: the system's.

prefix ?= /usr/local
exec_prefix ?= $(prefix)
bindir ?= $(exec_prefix)/bin
sbindir ?= $(exec_prefix)/sbin
datarootdir ?= $(prefix)/share
datadir ?= $(datarootdir)
mandir ?= $(datarootdir)/man
docdir ?= $(datarootdir)/doc/treeshrew
# A prefix of /usr has its settings and changing files outside of it.
outside = $(if $(filter /usr /usr/,$(prefix)),,$(prefix))
sysconfdir ?= $(outside)/etc
localstatedir ?= $(outside)/var
SYSTEM := $(shell uname)
runstatedir ?= $(if $(filter Linux,$(SYSTEM)),/run,/var/run)

INIT ?= $(if $(filter Linux,$(SYSTEM)),systemd $(if $(wildcard /sbin/openrc-run),openrc), \
        $(patsubst FreeBSD,freebsd,$(patsubst OpenBSD,openbsd,$(patsubst NetBSD,netbsd,$(SYSTEM)))))
systemdsystemunitdir ?= $(prefix)/lib/systemd/system
sysusersdir ?= $(prefix)/lib/sysusers.d
tmpfilesdir ?= $(prefix)/lib/tmpfiles.d
bashcompletiondir ?= $(datadir)/bash-completion/completions
zshcompletiondir ?= $(datadir)/zsh/site-functions
fishcompletiondir ?= $(datadir)/fish/vendor_completions.d

INSTALL ?= install
CONFIG = $(sysconfdir)/shrewd/shrewd.yaml

SBIN = $(filter %/shrewd %/shrewctl %/shrew-checkconf %/shrew-anchor,$(PROGRAMS))
BIN = $(filter-out $(SBIN) %/replay %/swarm,$(PROGRAMS))
MANUALS = $(wildcard doc/*.[158]) $(filter %.5 %.8,$(DOCUMENTS))
TEXTS = README.md LICENSE $(wildcard doc/*.md)
PLACES = $(B)/install

# Each program completes in its own name, from the one file.
COMPLETED = shrewctl shrewd shrew-checkconf shrew-anchor

INSTALLED = \
    $(foreach file,$(SBIN),$(file):$(sbindir)/$(notdir $(file)):755) \
    $(foreach file,$(BIN),$(file):$(bindir)/$(notdir $(file)):755) \
    $(foreach page,$(MANUALS),$(page):$(mandir)/man$(subst .,,$(suffix $(page)))/$(notdir $(page)):644) \
    $(foreach text,$(TEXTS),$(text):$(docdir)/$(notdir $(text)):644) \
    $(B)/shrewd.schema.json:$(datadir)/treeshrew/shrewd.schema.json:644 \
    $(foreach name,$(COMPLETED),$(B)/shrewctl.bash:$(bashcompletiondir)/$(name):644) \
    $(foreach name,$(COMPLETED),$(B)/shrewctl.fish:$(fishcompletiondir)/$(name).fish:644) \
    $(B)/shrewctl.zsh:$(zshcompletiondir)/_shrewctl:644 \
    $(PLACES)/starter.yaml:$(docdir)/examples/shrewd.yaml:644 \
    $(foreach file,grafana.json prometheus.yml,contrib/$(file):$(docdir)/examples/$(file):644) \
    $(foreach init,$(INIT),$(INSTALLED_$(init)))
INSTALLED_systemd = \
    $(PLACES)/shrewd.service:$(systemdsystemunitdir)/shrewd.service:644 \
    $(PLACES)/shrewd.socket:$(systemdsystemunitdir)/shrewd.socket:644 \
    $(PLACES)/sysusers.conf:$(sysusersdir)/shrewd.conf:644 \
    $(PLACES)/tmpfiles.conf:$(tmpfilesdir)/shrewd.conf:644
INSTALLED_openrc = $(PLACES)/openrc-shrewd:$(sysconfdir)/init.d/shrewd:755
INSTALLED_freebsd = $(PLACES)/rc-freebsd:$(sysconfdir)/rc.d/shrewd:755
INSTALLED_openbsd = $(PLACES)/rc-openbsd:/etc/rc.d/shrewd:755
INSTALLED_netbsd = $(PLACES)/rc-netbsd:/etc/rc.d/shrewd:755

# Templates name folders as @sbindir@; the configuration that is shipped has them written out.
fill = sed $(foreach name,sbindir sysconfdir localstatedir runstatedir,-e 's|@$(name)@|$($(name))|g')

installed: all
	@mkdir -p $(PLACES)
	@for file in shrewd.service shrewd.socket sysusers.conf tmpfiles.conf; do \
	    $(fill) contrib/systemd/$$file.in > $(PLACES)/$$file || exit 1; \
	done
	@$(fill) contrib/openrc/shrewd.in > $(PLACES)/openrc-shrewd
	@for system in freebsd openbsd netbsd; do \
	    $(fill) contrib/rc/$$system.in > $(PLACES)/rc-$$system || exit 1; \
	done
	@sed 's|/var/|$(localstatedir)/|' $(B)/starter.yaml > $(PLACES)/starter.yaml

install: installed
	@set -e; for word in $(INSTALLED); do \
	    source=$${word%%:*}; rest=$${word#*:}; target=$(DESTDIR)$${rest%%:*}; \
	    [ -d "$${target%/*}" ] || $(INSTALL) -d "$${target%/*}"; \
	    $(INSTALL) -m "$${rest#*:}" "$$source" "$$target"; \
	    echo "  INSTALL $$target"; \
	done
	@if [ -e "$(DESTDIR)$(CONFIG)" ]; then \
	    echo "  KEEP    $(DESTDIR)$(CONFIG)"; \
	else \
	    $(INSTALL) -d "$(DESTDIR)$(sysconfdir)/shrewd" && \
	    $(INSTALL) -m 644 $(PLACES)/starter.yaml "$(DESTDIR)$(CONFIG)" && \
	    echo "  INSTALL $(DESTDIR)$(CONFIG)"; \
	fi
	@[ -n "$(DESTDIR)" ] || echo "Next: make the user shrew (systemd-sysusers, or useradd --system shrew)," \
	    "look at $(CONFIG), start shrewd."

# Folders are removed where they are ours and empty; those of the system stay.
uninstall: installed
	@for word in $(INSTALLED); do \
	    rest=$${word#*:}; rm -f "$(DESTDIR)$${rest%%:*}"; \
	done
	@if cmp -s $(PLACES)/starter.yaml "$(DESTDIR)$(CONFIG)"; then \
	    rm -f "$(DESTDIR)$(CONFIG)"; \
	elif [ -e "$(DESTDIR)$(CONFIG)" ]; then \
	    echo "  KEEP    $(DESTDIR)$(CONFIG), which was changed"; \
	fi
	@for folder in $(docdir)/examples $(docdir) $(datadir)/treeshrew $(sysconfdir)/shrewd; do \
	    rmdir "$(DESTDIR)$$folder" 2>/dev/null || :; \
	done
