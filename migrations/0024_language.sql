-- The language of a person's pages and mails, by its code; NULL: pages are in that of their browser, mails in English.
ALTER TABLE users ADD COLUMN language TEXT;
