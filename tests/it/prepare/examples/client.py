"""The documented Python client: client.py BASE_URL INFO_HASH"""

import sys
import time

import requests


def prepare_and_stream(base_url, info_hash, file_index=0):
    prepared = requests.post(f"{base_url}/stream/prepare/{info_hash}?fileIndex={file_index}").json()
    if not prepared.get("success"):
        raise Exception("the preparation did not start")
    print(f"Job ID: {prepared['jobId']}")
    print(f"Estimated time: {prepared['estimatedTime']}")

    status_url = f"{base_url}{prepared['statusUrl']}"
    status = "preparing"
    while status not in ["ready", "failed"]:
        time.sleep(3)
        answer = requests.get(status_url).json()
        status = answer["status"]
        print(f"Progress: {answer['progress']}% - {answer['message']}")
        if status == "failed":
            raise Exception(f"the preparation failed: {answer.get('error')}")
    return f"{base_url}{prepared['streamUrl']}"


print(f"URL: {prepare_and_stream(sys.argv[1], sys.argv[2])}")
