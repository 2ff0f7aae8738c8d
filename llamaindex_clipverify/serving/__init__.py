"""The service: a verifier and an index behind HTTP, for programs in other processes and on other machines.

`app` names the addresses (FastAPI), `door` lets requests in, `batches` puts concurrent answers into one call of the verifier,
`service` does the work and knows nothing of HTTP, `server` runs it (uvicorn).
"""
