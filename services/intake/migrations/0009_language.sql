-- In which language the text is written: zh, en or other.
ALTER TABLE complaints ADD COLUMN language text NOT NULL DEFAULT 'zh';
