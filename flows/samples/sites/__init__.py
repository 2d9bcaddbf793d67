"""One module a kind of site: how it addresses its articles, and all that it serves on a night."""

from flows.samples.sites import bureau, ministry, paper

SITES = {module.SITE.id: module.SITE for module in (ministry, bureau, paper)}
