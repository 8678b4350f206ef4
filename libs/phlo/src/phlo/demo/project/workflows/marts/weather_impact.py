"""What wind, rain and fog do to departures."""

import phlo
from phlo.checks import between, not_null, unique


@phlo.asset(
    table="marts.weather_impact",
    owner="operations",
    checks=[
        not_null("conditions", "flights"),
        unique("origin", "conditions"),
        between("cancelled_share", 0, 1),
    ],
)
def weather_impact(flights: phlo.Table, weather: phlo.Table):
    """Delays and cancellations at each airport, by the weather of the hour."""
    return phlo.sql("""
        with hours as (
          select
            origin,
            time_hour,
            case
              when visib < 1 then 'fog'
              when precip > 0.05 then 'heavy rain'
              when precip > 0 then 'light rain'
              when wind_speed between 25 and 200 then 'strong wind'
              else 'fair'
            end as conditions
          from {weather}
        )
        select
          f.origin,
          coalesce(h.conditions, 'unknown') as conditions,
          count(*) as flights,
          round((count(*) - count(f.dep_time)) / count(*), 4) as cancelled_share,
          round(avg(f.dep_delay), 2) as mean_delay_minutes,
          round(avg(case when f.dep_delay > 60 then 1 else 0 end), 4) as late_by_an_hour_share
        from {flights} as f
        left join hours as h on f.origin = h.origin and f.time_hour = h.time_hour
        group by f.origin, coalesce(h.conditions, 'unknown')
    """)
