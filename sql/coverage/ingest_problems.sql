-- title: Files that were not read, or not whole
-- description: Lists each file of the sources that failed, was left out, or in which records were rejected, with what was wrong.
-- severity: low
-- param: ignored boolean = true -- Whether files are listed that are no log and were left out
--
-- Until this is empty, the lake may lack something. Run ingest again after the cause is mended: only what is missing
-- is read.
-- failed: could not be read at all (no access, damaged gzip). ignored: not a log, as a README; a log here means its
-- name or form is unknown. read with rejected records: see rejected_records for each of them.

SELECT url,
       log,
       status,
       detail,
       size,
       records,
       rejected,
       first_event_time,
       last_event_time,
       sha256
FROM sources
WHERE status = 'failed'
   OR (status = 'ignored' AND $ignored)
   OR rejected > 0
ORDER BY status, rejected DESC, url
