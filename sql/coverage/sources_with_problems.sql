-- title: Files that were not read in full
-- description: Lists files that could not be opened, are no logs, were changed after they were read, hold nothing, or hold damaged records.
-- severity: low
--
-- status failed: could not be fetched or opened, and is tried again by the next ingest; detail says why. A detail that begins with
-- changed: says that the file was written anew with other content after it was read: no log of AWS ever is.
-- ignored: no log of a kind that is known. Expected: readme files, empty objects.
-- Suspicious: changed files, failed files that stay.

SELECT log,
       status,
       CASE
         WHEN detail LIKE 'changed: %' THEN 'changed after it was read'
         WHEN status = 'failed' THEN 'could not be read'
         WHEN status = 'ignored' THEN 'no log'
         WHEN rejected > 0 THEN 'holds damaged records'
         ELSE 'holds nothing'
       END AS problem,
       url,
       detail,
       size,
       records,
       rejected,
       sha256,
       last_modified
FROM sources
WHERE status IN ('failed', 'ignored')
   OR detail LIKE 'changed: %'
   OR rejected > 0
   OR (status = 'read' AND records = 0)
ORDER BY problem, url, sha256
