"""gitopsmith: builds an organization's GitOps repositories and keeps them moving."""
