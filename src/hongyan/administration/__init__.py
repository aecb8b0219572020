"""What administrators and other systems can ask of the suite.

One table of operations (:mod:`~hongyan.administration.table`): a name, the shape of the arguments and
of the result. db_proxy serves them, http_msg_server and the console of login_server call them
(:mod:`~hongyan.administration.calls`), over one pair of commands.
"""
