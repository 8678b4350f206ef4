"""Without keys: a profile, a role, what the machine has; on a server that asks who it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from phlo.testing.lakes import StoreProject
from phlo.testing.servers import alone
from phlo.testing.stores import free_ports

if TYPE_CHECKING:
    from collections.abc import Iterator

BUCKET = "acme-lake"
ALLOWED = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow", "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{BUCKET}", f"arn:aws:s3:::{BUCKET}/*"],
        },
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"},
    ],
}  # fmt: skip
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


class Cloud:
    """A stand-in of AWS: S3, IAM and STS in Python, which refuses unknown keys from now on."""

    def __init__(self, endpoint: str, folder: Path) -> None:
        self.endpoint, self.folder = endpoint, folder
        self.credentials, self.config = folder / "credentials", folder / "config"
        self.role = ""

    def client(self, service: str) -> Any:
        return boto3.client(
            service, endpoint_url=self.endpoint, region_name="us-east-1",
            aws_access_key_id="setup", aws_secret_access_key="setup",
        )  # fmt: skip

    def set_up(self) -> None:
        self.client("s3").create_bucket(Bucket=BUCKET)
        iam = self.client("iam")
        iam.create_user(UserName="team")
        iam.put_user_policy(UserName="team", PolicyName="p", PolicyDocument=json.dumps(ALLOWED))
        key = iam.create_access_key(UserName="team")["AccessKey"]
        iam.create_user(UserName="poor")
        may_assume = {**ALLOWED, "Statement": ALLOWED["Statement"][1:]}  # type: ignore[index]
        iam.put_user_policy(UserName="poor", PolicyName="p", PolicyDocument=json.dumps(may_assume))
        poor = iam.create_access_key(UserName="poor")["AccessKey"]
        role = iam.create_role(RoleName="lake", AssumeRolePolicyDocument=json.dumps(TRUST))
        iam.put_role_policy(RoleName="lake", PolicyName="p", PolicyDocument=json.dumps(ALLOWED))
        self.role = role["Role"]["Arn"]
        self.config.write_text("[default]\nregion=us-east-1\n[profile team]\nregion=us-east-1\n")
        self.credentials.write_text(
            "".join(
                f"[{name}]\naws_access_key_id={one['AccessKeyId']}\n"
                f"aws_secret_access_key={one['SecretAccessKey']}\n"
                for name, one in (("default", poor), ("team", key))
            )
        )
        # From here on it asks who calls.
        url, plain = f"{self.endpoint}/moto-api/reset-auth", {"content-type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(url, b"0", plain, method="POST")).close()

    @property
    def environ(self) -> dict[str, str]:
        return {
            "AWS_CONFIG_FILE": str(self.config),
            "AWS_SHARED_CREDENTIALS_FILE": str(self.credentials),
            "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL_STS": self.endpoint,
        }  # fmt: skip


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    folder = tmp_path_factory.mktemp("cloud")
    [port] = free_ports(1)
    program = Path(sys.executable).parent / "moto_server"
    environ = os.environ | {"INITIAL_NO_AUTH_ACTION_COUNT": "1000"}
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [str(program), "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log, env=environ
        )
    try:
        cloud = Cloud(f"http://127.0.0.1:{port}", folder)
        wait(f"{cloud.endpoint}/moto-api/", process)
        cloud.set_up()
        yield cloud
    finally:
        process.terminate()
        process.wait()


def wait(url: str, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(url, timeout=2).close()
            return
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
        time.sleep(0.2)


class CloudProject(StoreProject):
    def __init__(self, root: Path, cloud: Cloud, **settings: str) -> None:
        super().__init__(root)
        self.settings = cloud.environ
        said = {"bucket": BUCKET, "endpoint": cloud.endpoint, "prefix": root.name} | settings
        services = {**alone(), "s3": {"enabled": True, "settings": said}}
        self.write("phlo.yaml", f"name: cloudlake\nservices: {json.dumps(services)}\n")
        self.rows_are(20)


@pytest.mark.embedded
def test_a_profile(cloud: Cloud, tmp_path: Path) -> None:
    project = CloudProject(tmp_path / "profile", cloud, profile="team")
    project.made()
    assert project.total() == [20, 190]


@pytest.mark.embedded
def test_a_role_is_taken_on(cloud: Cloud, tmp_path: Path) -> None:
    """The default profile may do nothing with the bucket, but take the role on."""
    project = CloudProject(tmp_path / "role", cloud, role_arn=cloud.role)
    project.made()
    assert project.total() == [20, 190]


@pytest.mark.embedded
def test_what_the_machine_has_may_not_be_enough(cloud: Cloud, tmp_path: Path) -> None:
    project = CloudProject(tmp_path / "machine", cloud)
    done = project.phlo("materialize")
    assert done.returncode == 12
    assert "error[PHLO-D970]: 's3' does not give the tables" in done.stderr


@pytest.mark.embedded
def test_a_profile_that_is_not_there(cloud: Cloud, tmp_path: Path) -> None:
    made = CloudProject(tmp_path / "gone", cloud, profile="team")
    made.made()
    text = (made.root / "phlo.yaml").read_text()
    (made.root / "phlo.yaml").write_text(text.replace('"team"', '"taem"'))
    done = made.phlo("query", "select 1 from raw.sales")
    assert done.returncode == 12
    assert "error[PHLO-D970]" in done.stderr
    assert "no profile 'taem'" in done.stderr


def test_a_bucket_must_be_named(tmp_path: Path) -> None:
    project = StoreProject(tmp_path)
    services = {**alone(), "s3": {"enabled": True}}
    project.write("phlo.yaml", f"name: nobucket\nservices: {json.dumps(services)}\n")
    done = project.phlo("services", "list")
    assert done.returncode == 3
    assert "error[PHLO-C123]: the setting 'bucket' of 's3' has no value" in done.stderr
    assert "services: {s3: {settings: {bucket: ...}}}" in done.stderr
