"""One other extractor over a folder of pages: `python peers.py NAME PAGES OUT`, run inside the peers' own environment.

Writes one JSON object a page (id, title, text, published_at) and a last one with the CPU seconds it took. Imports
nothing of Gongbao: the peers' dependencies and ours never meet.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = tuple[str, str, str]  # title, text, date


def trafilatura(page: bytes) -> Found:
    import trafilatura as peer

    return _read_trafilatura(peer.bare_extraction(page, with_metadata=True))


def trafilatura_precision(page: bytes) -> Found:
    import trafilatura as peer

    return _read_trafilatura(peer.bare_extraction(page, with_metadata=True, favor_precision=True))


def _read_trafilatura(found: Any) -> Found:
    return (found.title or "", found.text or "", found.date or "") if found else ("", "", "")


def readability(page: bytes) -> Found:
    from lxml import html
    from readability import Document

    document = Document(_decoded(page))
    lines = (line.strip() for line in html.fromstring(document.summary()).itertext())
    return document.short_title() or "", "\n".join(filter(None, lines)), ""


def gne(page: bytes) -> Found:
    from gne import GeneralNewsExtractor

    found = GeneralNewsExtractor().extract(_decoded(page))
    return found["title"], found["content"], found["publish_time"].replace("/", "-")


def newspaper4k(page: bytes) -> Found:
    import newspaper

    how = {"language": "zh", "fetch_images": False}  # else it asks the page's site for each of its pictures
    article = newspaper.article("http://www.example.com/a.html", input_html=_decoded(page), **how)
    return article.title or "", article.text or "", str(article.publish_date or "")


def goose3(page: bytes) -> Found:
    from goose3 import Goose
    from goose3.text import StopWordsChinese

    found = Goose({"stopwords_class": StopWordsChinese, "enable_image_fetching": False}).extract(
        raw_html=_decoded(page)
    )
    return found.title or "", found.cleaned_text or "", str(found.publish_date or "")


def justext(page: bytes) -> Found:
    import justext as peer

    # As its documentation says for languages without a stop list (its lists are words between spaces, which Chinese has
    # none of). Lengths are characters: 20 and 60 Han say what its 70 and 200 letters say.
    found = peer.justext(_decoded(page), frozenset(), length_low=20, length_high=60, stopwords_low=0, stopwords_high=0)
    return "", "\n".join(paragraph.text for paragraph in found if not paragraph.is_boilerplate), ""


def resiliparse(page: bytes) -> Found:
    from resiliparse.extract.html2text import extract_plain_text

    return "", extract_plain_text(_decoded(page), main_content=True, alt_texts=False, links=False), ""


def boilerpy3(page: bytes) -> Found:
    from boilerpy3.extractors import ArticleExtractor

    # It counts words between spaces; a Chinese word has two characters more often than not.
    spaced = re.sub(r"([\u4e00-\u9fff]{2})(?=[\u4e00-\u9fff])", r"\1 ", _decoded(page))
    found = ArticleExtractor(raise_on_failure=False).get_doc(spaced)
    title, text = (
        re.sub(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])", "", part or "") for part in (found.title, found.content)
    )
    return title, text, ""


PEERS: dict[str, Callable[[bytes], Found]] = {
    peer.__name__: peer
    for peer in (
        trafilatura,
        trafilatura_precision,
        readability,
        gne,
        newspaper4k,
        goose3,
        justext,
        resiliparse,
        boilerpy3,
    )
}


def _decoded(page: bytes) -> str:
    """UTF-8 if it is, else GB18030: none of them gets a page that it cannot read."""
    try:
        return page.decode("utf-8-sig")
    except UnicodeDecodeError:
        best = min(("utf-8", "gb18030"), key=lambda codec: page.decode(codec, "replace").count("\ufffd"))
        return page.decode(best, "replace")


def main() -> None:
    name, pages, out = sys.argv[1:]
    peer, spent = PEERS[name], 0.0
    paths = sorted(Path(pages).glob("*.html"))
    peer(paths[0].read_bytes())  # imports and models are not what is measured
    with Path(out).open("w", encoding="utf-8") as lines:
        for path in paths:
            page = path.read_bytes()
            start = time.process_time()
            try:
                title, text, date = peer(page)
            except Exception as error:  # a page that a peer cannot read counts as empty
                print(f"{name}: {path.stem}: {error!r}", file=sys.stderr)
                title = text = date = ""
            spent += time.process_time() - start
            print(json.dumps({"id": path.stem, "title": title, "text": text, "published_at": date}), file=lines)
        print(json.dumps({"seconds": spent, "pages": len(paths)}), file=lines)


if __name__ == "__main__":
    main()
