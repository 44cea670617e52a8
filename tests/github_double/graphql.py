"""The one call of GitHub's GraphQL that is served, with the names that its public schema has."""

from __future__ import annotations

from tests.github_double.description import Operation

_FIELDS = "enqueuedAt|estimatedTimeToMerge|id|jump|position|solo|state"
_DOCUMENT = (
    r"^mutation\(\$input: EnqueuePullRequestInput!\) "
    rf"\{{ enqueuePullRequest\(input: \$input\) \{{ mergeQueueEntry \{{( ({_FIELDS}))+ \}} \}} \}}$"
)
_INPUT = {
    "type": "object",
    "properties": {
        "clientMutationId": {"type": "string"},
        "expectedHeadOid": {"type": "string", "pattern": "^[0-9a-f]{40}$"},
        "jump": {"type": "boolean"},
        "pullRequestId": {"type": "string"},
    },
    "required": ["pullRequestId"],
    "additionalProperties": False,
}

ENQUEUE = Operation(
    "POST /graphql",
    (),
    {
        "type": "object",
        "properties": {
            "query": {"type": "string", "pattern": _DOCUMENT},
            "variables": {"type": "object", "properties": {"input": _INPUT}, "required": ["input"]},
        },
        "required": ["query", "variables"],
    },
    body_required=True,
    responses={"200": {"type": "object"}},
)
