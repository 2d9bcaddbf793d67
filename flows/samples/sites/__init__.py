"""One module a kind of site: how it addresses its articles, and all that it serves on a night."""

from flows.samples.sites import (
    association,
    bureau,
    company,
    council,
    english,
    farm,
    harbour,
    industry,
    ministry,
    paper,
    province,
)

_MODULES = (ministry, bureau, paper, province, council, industry, company, farm, english, association, harbour)
SITES = {module.SITE.id: module.SITE for module in _MODULES}
