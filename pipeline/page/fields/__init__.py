"""What a page says beside its text: title, date of publication, publisher, labels, attachments."""
