-- title: Records that could not be read
-- description: Lists each line or record that was rejected, with its file, its place, the reason and how it begins.
-- severity: low
-- param: file text = NULL -- Only files whose URL holds this text
--
-- Nothing is dropped silently: what is no row is here, byte for byte (content), and can be searched: SELECT * FROM
-- search('...').
-- Expected: none from AWS. Suspicious: a file cut short, as by a copy that broke off, or by somebody; text that is no
-- record at all.
-- A file that could not be opened at all is in ingest_problems.

SELECT source_file,
       position,
       reason,
       octet_length(content) AS bytes,
       left(content, 120) AS begins_with
FROM rejects
WHERE $file IS NULL OR strpos(source_file, $file) > 0
ORDER BY source_file, position, reason, begins_with
