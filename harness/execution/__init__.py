"""One run: a request, its plan, the scheduler, and the machines that carry it out.

Imports everything below it; nothing here prints or reads options.
"""
