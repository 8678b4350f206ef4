# The three processes of Dagster, each of which is started again when it ends.
set -eu
home="$PHLO_PROJECT_DIR/.phlo/native/dagster"
mkdir -p "$home/compute_logs" "$home/storage"
exec /opt/project/bin/python -m supervisor.supervisord --configuration /app/supervisord.conf
