-- title: Records that could not be read
-- description: Lists each record that is in the lake only as a reject: the file, the place in it, the reason, and the damaged text.
-- severity: low
--
-- Nothing is lost: what could not be read is here, word for word (long ones are cut; the file has the rest).
-- Expected: nothing, or text files beside the logs. Suspicious: damage in the middle of a file that AWS wrote: compare its hash with
-- CloudTrail's digest.

SELECT sources.log,
       rejects.source_file,
       rejects.position,
       rejects.reason,
       rejects.content,
       sources.records AS records_of_file,
       sources.rejected AS rejected_of_file,
       sources.first_event_time,
       sources.last_event_time
FROM rejects
LEFT JOIN sources ON sources.url = rejects.source_file AND sources.status = 'read'
ORDER BY rejects.source_file, rejects.position
