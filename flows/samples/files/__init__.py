"""Files of every type that notices carry, made by code: lines and rows of a table in, bytes out."""

from flows.samples.files.compound import doc, xls
from flows.samples.files.packages import docx, ofd, rtf, xlsx, zipped
from flows.samples.files.pdf import pdf, scan

__all__ = ["doc", "docx", "ofd", "pdf", "rtf", "scan", "xls", "xlsx", "zipped"]
