/* phlo
description: Where New York flies to; held back, since four destinations are in no list of airports
key: dest
owner: network
checks:
  - unique: dest
  - reference: {column: dest, to: raw.airports.faa}
*/
select
  flights.dest,
  airports.name as airport,
  count(*) as flights,
  count(distinct flights.carrier) as carriers,
  round(avg(flights.air_time), 1) as mean_air_time_minutes,
  max(flights.distance) as distance_miles
from raw.flights as flights
left join raw.airports as airports on flights.dest = airports.faa
group by flights.dest, airports.name
