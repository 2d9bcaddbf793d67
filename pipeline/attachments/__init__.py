"""Text of attached files: the bytes of a PDF, Word, Excel, OFD, RTF file or of an archive in, their lines or a reason out."""
