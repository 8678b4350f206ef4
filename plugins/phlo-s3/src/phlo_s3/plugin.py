"""The service `s3`: a bucket that is somewhere already."""

from __future__ import annotations

from phlo.plugins.base import ServicePlugin


class S3Service(ServicePlugin):
    """Storage: a bucket of AWS, or of any server that speaks S3; nothing is started."""

    package = "phlo_s3"
