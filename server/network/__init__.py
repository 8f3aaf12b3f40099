"""How requests reach the server: its connections and their limits, proxies, TLS, and the headers of every answer.

What is answered, and to whom, is in the other sub-rooms; nothing here knows a school or an account. Begin with
`http_server`, through which every request comes, then `safe_headers`, through which every answer goes.
"""
