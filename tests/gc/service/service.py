"""A service in small: it answers requests, and each request knows its reply, which knows it."""


class Reply:
    def __init__(self, request):
        self.request = request
        self.lines = []

    def add(self, line):
        self.lines.append(line)


class Request:
    def __init__(self, path):
        self.path = path
        self.reply = Reply(self)


def handle(path):
    request = Request(path)
    request.reply.add("you asked for " + request.path)
    return len(request.reply.lines)


def serve(requests):
    answered = 0
    for number in range(requests):
        answered += handle("/page/%d" % number)
    return answered
