-- Open and closed conversations have an index of their own that begins with the state. In each: the first state, then the first
-- behind it, and so on; then as many entries of it as are counted.
WITH RECURSIVE
open_states (state) AS (
    (SELECT state FROM public.conversations WHERE closed_at IS NULL AND state IS NOT NULL ORDER BY state LIMIT 1)
    UNION ALL
    SELECT (SELECT next.state FROM public.conversations AS next
             WHERE next.closed_at IS NULL AND next.state > open_states.state ORDER BY next.state LIMIT 1)
      FROM open_states WHERE open_states.state IS NOT NULL),
closed_states (state) AS (
    (SELECT state FROM public.conversations WHERE closed_at IS NOT NULL AND state IS NOT NULL ORDER BY state LIMIT 1)
    UNION ALL
    SELECT (SELECT next.state FROM public.conversations AS next
             WHERE next.closed_at IS NOT NULL AND next.state > closed_states.state ORDER BY next.state LIMIT 1)
      FROM closed_states WHERE closed_states.state IS NOT NULL),
counted (state, open, closed) AS (
    SELECT known.state,
           (SELECT count(*) FROM (SELECT FROM public.conversations AS c WHERE c.closed_at IS NULL AND c.state = known.state LIMIT $1) AS few),
           0
      FROM (SELECT state FROM open_states WHERE state IS NOT NULL LIMIT $2) AS known
    UNION ALL
    SELECT known.state,
           0,
           (SELECT count(*) FROM (SELECT FROM public.conversations AS c WHERE c.closed_at IS NOT NULL AND c.state = known.state LIMIT $3) AS few)
      FROM (SELECT state FROM closed_states WHERE state IS NOT NULL LIMIT $2) AS known
    UNION ALL
    SELECT NULL,
           (SELECT count(*) FROM (SELECT FROM public.conversations AS c WHERE c.closed_at IS NULL AND c.state IS NULL LIMIT $1) AS few),
           (SELECT count(*) FROM (SELECT FROM public.conversations AS c WHERE c.closed_at IS NOT NULL AND c.state IS NULL LIMIT $3) AS few))
SELECT state, sum(open)::bigint, sum(closed)::bigint
  FROM counted
 GROUP BY state
HAVING sum(open) + sum(closed) > 0
 ORDER BY state NULLS LAST
 LIMIT $2
