"""The client of a server that ``clipverify serve`` started: a verifier whose models run elsewhere.

`connection` talks HTTP, `wire` writes and reads what is sent, `stream` verifies a growing answer, `verifier` is what programs
use. Nothing here imports a model library.
"""
