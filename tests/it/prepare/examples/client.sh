#!/bin/bash
# The documented shell client: client.sh BASE_URL INFO_HASH [FILE_INDEX]
BASE_URL="$1"
INFO_HASH="$2"
FILE_INDEX="${3:-0}"

PREPARED=$(curl -s -X POST "$BASE_URL/stream/prepare/$INFO_HASH?fileIndex=$FILE_INDEX")
JOB_ID=$(echo "$PREPARED" | jq -r '.jobId')
STATUS_URL=$(echo "$PREPARED" | jq -r '.statusUrl')
STREAM_URL=$(echo "$PREPARED" | jq -r '.streamUrl')
echo "Job ID: $JOB_ID"

STATUS="preparing"
while [ "$STATUS" != "ready" ] && [ "$STATUS" != "failed" ]; do
    sleep 3
    ANSWER=$(curl -s "$BASE_URL$STATUS_URL")
    STATUS=$(echo "$ANSWER" | jq -r '.status')
    echo "Progress: $(echo "$ANSWER" | jq -r '.progress')% - $(echo "$ANSWER" | jq -r '.message')"
    if [ "$STATUS" = "failed" ]; then
        echo "Failed: $(echo "$ANSWER" | jq -r '.error')"
        exit 1
    fi
done
echo "URL: $BASE_URL$STREAM_URL"
