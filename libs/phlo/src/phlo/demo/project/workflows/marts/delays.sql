/* phlo
description: How late each carrier leaves, by the hour it was to leave
key: [carrier, hour]
owner: operations
checks:
  - not_null: [carrier, airline, hour]
  - unique: [carrier, hour]
  - between: {column: cancelled_share, min: 0, max: 1}
*/
select
  flights.carrier,
  airlines.name as airline,
  flights.hour,
  count(*) as flights,
  count(*) - count(flights.dep_time) as cancelled,
  round((count(*) - count(flights.dep_time)) / count(*), 4) as cancelled_share,
  round(avg(flights.dep_delay), 2) as mean_delay_minutes,
  max(flights.dep_delay) as worst_delay_minutes
from raw.flights as flights
join raw.airlines as airlines on flights.carrier = airlines.carrier
group by flights.carrier, airlines.name, flights.hour
