/*
 * makers.c - the tables of makers and borrowers, and looking things up in them.
 *
 * A class of the standard library is a maker under its own name.  What is not here is not looked
 * at: a wrong entry gives false alarms, a missing one only misses.
 */
#include "program/makers.h"

#include <string.h>

#define FILE_CLOSERS "close detach"
#define SOCKET_CLOSERS "close detach"
#define PROCESS_CLOSERS "wait communicate poll kill terminate send_signal"
#define IMAGE_CLOSERS                                                                              \
    "close load convert resize thumbnail crop rotate copy save show tobytes verify"

static const struct {
    const char *name, *thing, *closers;
    uint32_t flags;
} built_in[] = {
    {"open", "file", FILE_CLOSERS, 0},
    {"io.open", "file", FILE_CLOSERS, 0},
    {"io.open_code", "file", FILE_CLOSERS, 0},
    {"io.FileIO", "file", FILE_CLOSERS, 0},
    {"io.TextIOWrapper", "text file", FILE_CLOSERS, MAKER_WRAPS},
    {"io.BufferedReader", "file", FILE_CLOSERS, MAKER_WRAPS},
    {"io.BufferedWriter", "file", FILE_CLOSERS, MAKER_WRAPS},
    {"os.open", "file descriptor", "", MAKER_IS_NUMBER},
    {"os.dup", "file descriptor", "", MAKER_IS_NUMBER},
    {"os.pipe", "file descriptor", "", MAKER_IS_NUMBER | MAKER_MAKES_PAIR},
    {"os.openpty", "file descriptor", "", MAKER_IS_NUMBER | MAKER_MAKES_PAIR},
    {"pty.openpty", "file descriptor", "", MAKER_IS_NUMBER | MAKER_MAKES_PAIR},
    {"os.fdopen", "file", FILE_CLOSERS, 0},
    {"os.popen", "pipe", "close", 0},
    {"os.scandir", "directory iterator", "close", MAKER_ENDS_EXHAUSTED | MAKER_SURVIVES_ERRORS},
    {"codecs.open", "file", FILE_CLOSERS, 0},
    {"tokenize.open", "file", FILE_CLOSERS, 0},
    {"pathlib.Path.open", "file", FILE_CLOSERS, 0},
    {"fileinput.input", "file input", "close", MAKER_ENDS_EXHAUSTED},
    {"fileinput.FileInput", "file input", "close", MAKER_ENDS_EXHAUSTED},
    {"bz2.open", "file", "close", MAKER_TAKES_OBJECT},
    {"bz2.BZ2File", "file", "close", MAKER_TAKES_OBJECT},
    {"gzip.open", "file", "close", MAKER_TAKES_OBJECT},
    {"gzip.GzipFile", "file", "close", MAKER_TAKES_OBJECT},
    {"lzma.open", "file", "close", MAKER_TAKES_OBJECT},
    {"lzma.LZMAFile", "file", "close", MAKER_TAKES_OBJECT},
    {"zipfile.ZipFile", "archive", "close", MAKER_TAKES_OBJECT},
    {"zipfile.PyZipFile", "archive", "close", MAKER_TAKES_OBJECT},
    {"tarfile.open", "archive", "close", MAKER_TAKES_OBJECT},
    {"tarfile.TarFile", "archive", "close", MAKER_TAKES_OBJECT},
    {"tarfile.TarFile.open", "archive", "close", MAKER_TAKES_OBJECT},
    {"wave.open", "audio file", "close", MAKER_TAKES_OBJECT},
    {"aifc.open", "audio file", "close", MAKER_TAKES_OBJECT | MAKER_CLOSES_OBJECT},
    {"sunau.open", "audio file", "close", MAKER_TAKES_OBJECT},
    {"dbm.open", "database", "close", 0},
    {"dbm.gnu.open", "database", "close", 0},
    {"dbm.ndbm.open", "database", "close", 0},
    {"dbm.dumb.open", "database", "close", 0},
    {"dbm.sqlite3.open", "database", "close", 0},
    {"shelve.open", "shelf", "close", 0},
    {"sqlite3.connect", "database connection", "close", MAKER_WITH_KEEPS_OPEN},
    {"sqlite3.Connection", "database connection", "close", MAKER_WITH_KEEPS_OPEN},
    {"mmap.mmap", "memory map", "close", 0},
    {"select.epoll", "epoll object", "close", 0},
    {"select.kqueue", "kqueue object", "close", MAKER_WITH_KEEPS_OPEN},
    {"selectors.DefaultSelector", "selector", "close", 0},
    {"selectors.SelectSelector", "selector", "close", MAKER_IS_QUIET},
    {"selectors.PollSelector", "selector", "close", MAKER_IS_QUIET},
    {"selectors.EpollSelector", "selector", "close", 0},
    {"selectors.KqueueSelector", "selector", "close", 0},
    {"socket.socket", "socket", SOCKET_CLOSERS, 0},
    {"socket.create_connection", "socket", SOCKET_CLOSERS, 0},
    {"socket.create_server", "socket", SOCKET_CLOSERS, 0},
    {"socket.fromfd", "socket", SOCKET_CLOSERS, 0},
    {"socket.socketpair", "socket", SOCKET_CLOSERS, MAKER_MAKES_PAIR},
    {"ssl.wrap_socket", "socket", SOCKET_CLOSERS " unwrap", 0},
    {"urllib.request.urlopen", "response", "close", 0},
    {"urllib.urlopen", "response", "close", MAKER_WITH_KEEPS_OPEN},
    {"urllib2.urlopen", "response", "close", MAKER_WITH_KEEPS_OPEN},
    {"http.client.HTTPConnection", "connection", "close", MAKER_WITH_KEEPS_OPEN},
    {"http.client.HTTPSConnection", "connection", "close", MAKER_WITH_KEEPS_OPEN},
    {"smtplib.SMTP", "connection", "quit close", 0},
    {"smtplib.SMTP_SSL", "connection", "quit close", 0},
    {"smtplib.LMTP", "connection", "quit close", 0},
    {"ftplib.FTP", "connection", "quit close", 0},
    {"ftplib.FTP_TLS", "connection", "quit close", 0},
    {"imaplib.IMAP4", "connection", "logout shutdown", 0},
    {"imaplib.IMAP4_SSL", "connection", "logout shutdown", 0},
    {"poplib.POP3", "connection", "quit close", MAKER_WITH_KEEPS_OPEN},
    {"poplib.POP3_SSL", "connection", "quit close", MAKER_WITH_KEEPS_OPEN},
    {"telnetlib.Telnet", "connection", "close", 0},
    {"nntplib.NNTP", "connection", "quit", 0},
    {"nntplib.NNTP_SSL", "connection", "quit", 0},
    {"xmlrpc.client.ServerProxy", "connection", "close", MAKER_IS_QUIET},
    {"socketserver.TCPServer", "server", "server_close", 0},
    {"socketserver.ThreadingTCPServer", "server", "server_close", 0},
    {"socketserver.UDPServer", "server", "server_close", 0},
    {"http.server.HTTPServer", "server", "server_close", 0},
    {"http.server.ThreadingHTTPServer", "server", "server_close", 0},
    {"wsgiref.simple_server.make_server", "server", "server_close", 0},
    {"xmlrpc.server.SimpleXMLRPCServer", "server", "server_close", 0},
    {"subprocess.Popen", "process", PROCESS_CLOSERS, MAKER_SURVIVES_ERRORS},
    {"multiprocessing.Pool", "process pool", "terminate close join", 0},
    {"multiprocessing.pool.Pool", "process pool", "terminate close join", 0},
    {"multiprocessing.pool.ThreadPool", "thread pool", "terminate close join", 0},
    {"multiprocessing.Manager", "manager", "shutdown", 0},
    {"multiprocessing.Pipe", "connection", "close", MAKER_MAKES_PAIR | MAKER_SURVIVES_ERRORS},
    {"multiprocessing.connection.Client", "connection", "close", 0},
    {"multiprocessing.connection.Listener", "listener", "close", 0},
    {"multiprocessing.shared_memory.SharedMemory", "shared memory", "close unlink",
     MAKER_WITH_KEEPS_OPEN | MAKER_HAS_NO_WITH},
    {"concurrent.futures.ThreadPoolExecutor", "thread pool", "shutdown", MAKER_LIVES_LONG},
    {"concurrent.futures.ProcessPoolExecutor", "process pool", "shutdown", MAKER_LIVES_LONG},
    {"concurrent.futures.thread.ThreadPoolExecutor", "thread pool", "shutdown", MAKER_LIVES_LONG},
    {"concurrent.futures.process.ProcessPoolExecutor", "process pool", "shutdown",
     MAKER_LIVES_LONG},
    {"tempfile.TemporaryFile", "temporary file", FILE_CLOSERS, 0},
    {"tempfile.NamedTemporaryFile", "temporary file", FILE_CLOSERS, 0},
    {"tempfile.SpooledTemporaryFile", "temporary file", FILE_CLOSERS, 0},
    {"tempfile.TemporaryDirectory", "temporary directory", "cleanup", MAKER_LIVES_LONG},
    {"tempfile.mkstemp", "file descriptor", "", MAKER_IS_NUMBER | MAKER_FIRST_OF_TUPLE},
    {"asyncio.new_event_loop", "event loop", "close", MAKER_WITH_KEEPS_OPEN | MAKER_HAS_NO_WITH},
    {"asyncio.open_connection", "stream writer", "close",
     MAKER_IS_ASYNC | MAKER_SECOND_OF_TUPLE | MAKER_WITH_KEEPS_OPEN | MAKER_HAS_NO_WITH},
    {"asyncio.open_unix_connection", "stream writer", "close",
     MAKER_IS_ASYNC | MAKER_SECOND_OF_TUPLE | MAKER_WITH_KEEPS_OPEN | MAKER_HAS_NO_WITH},
    {"asyncio.start_server", "server", "close", MAKER_IS_ASYNC},
    {"asyncio.start_unix_server", "server", "close", MAKER_IS_ASYNC},
    {"requests.Session", "session", "close", MAKER_IS_QUIET},
    {"requests.session", "session", "close", MAKER_IS_QUIET},
    {"httpx.Client", "client", "close", MAKER_IS_QUIET},
    {"httpx.AsyncClient", "client", "aclose", MAKER_IS_ASYNC},
    {"aiohttp.ClientSession", "session", "close", MAKER_IS_ASYNC},
    {"aiofiles.open", "file", "close", MAKER_IS_ASYNC},
    {"sqlalchemy.orm.Session", "session", "close", MAKER_IS_QUIET},
    {"sqlalchemy.orm.session.Session", "session", "close", MAKER_IS_QUIET},
    {"sqlmodel.Session", "session", "close", MAKER_IS_QUIET},
    {"sqlalchemy.ext.asyncio.AsyncSession", "session", "close", MAKER_IS_ASYNC},
    {"psycopg.connect", "database connection", "close", 0},
    {"psycopg2.connect", "database connection", "close", MAKER_WITH_KEEPS_OPEN},
    {"pymysql.connect", "database connection", "close", 0},
    {"MySQLdb.connect", "database connection", "close", 0},
    {"mysql.connector.connect", "database connection", "close", 0},
    {"pyodbc.connect", "database connection", "close", MAKER_WITH_KEEPS_OPEN},
    {"cx_Oracle.connect", "database connection", "close", 0},
    {"oracledb.connect", "database connection", "close", 0},
    {"asyncpg.connect", "database connection", "close terminate",
     MAKER_IS_ASYNC | MAKER_WITH_KEEPS_OPEN | MAKER_HAS_NO_WITH},
    {"duckdb.connect", "database connection", "close", 0},
    {"redis.Redis", "client", "close", MAKER_IS_QUIET},
    {"redis.StrictRedis", "client", "close", MAKER_IS_QUIET},
    {"redis.from_url", "client", "close", MAKER_IS_QUIET},
    {"pymongo.MongoClient", "client", "close", MAKER_IS_QUIET},
    {"PIL.Image.open", "image", IMAGE_CLOSERS, MAKER_TAKES_OBJECT},
    {"h5py.File", "HDF5 file", "close", 0},
    {"netCDF4.Dataset", "data set", "close", 0},
    {"rasterio.open", "data set", "close", 0},
    {"pyarrow.OSFile", "file", "close", 0},
    {"pyarrow.memory_map", "memory map", "close", 0},
    {"pyarrow.parquet.ParquetWriter", "writer", "close", 0},
    {"pandas.HDFStore", "store", "close", 0},
    {"pandas.ExcelWriter", "writer", "close save", 0},
    {"grpc.insecure_channel", "channel", "close", 0},
    {"grpc.secure_channel", "channel", "close", 0},
    {"grpc.aio.insecure_channel", "channel", "close", MAKER_IS_ASYNC},
    {"grpc.aio.secure_channel", "channel", "close", MAKER_IS_ASYNC},
    {"paramiko.SSHClient", "connection", "close", 0},
    {"serial.Serial", "serial port", "close", 0},
    {"zmq.Context", "context", "term destroy", MAKER_IS_QUIET},
};

/* Calls that read from, write to or ask about what they are given, and do not keep it.  Iterators
 * over it are among them: they keep it, but never close it. */
static const char *const borrowers[] = {
    /* builtins */
    "all",
    "any",
    "bool",
    "bytearray",
    "bytes",
    "callable",
    "dict",
    "dir",
    "enumerate",
    "filter",
    "float",
    "frozenset",
    "getattr",
    "hasattr",
    "hash",
    "id",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "list",
    "map",
    "max",
    "min",
    "next",
    "print",
    "repr",
    "reversed",
    "set",
    "setattr",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
    "vars",
    "zip",
    /* formats */
    "ast.dump",
    "csv.DictReader",
    "csv.DictWriter",
    "csv.reader",
    "csv.writer",
    "email.message_from_binary_file",
    "email.message_from_file",
    "json.dump",
    "json.load",
    "marshal.dump",
    "marshal.load",
    "pickle.dump",
    "pickle.load",
    "plistlib.dump",
    "plistlib.load",
    "plistlib.readPlist",
    "pprint.pprint",
    "toml.dump",
    "toml.load",
    "tomli.load",
    "tomllib.load",
    "yaml.dump",
    "yaml.dump_all",
    "yaml.full_load",
    "yaml.load",
    "yaml.load_all",
    "yaml.safe_dump",
    "yaml.safe_load",
    "yaml.unsafe_load",
    "ujson.load",
    "ujson.dump",
    "simplejson.load",
    "simplejson.dump",
    "cPickle.load",
    "cPickle.dump",
    "dill.load",
    "dill.dump",
    "joblib.load",
    "joblib.dump",
    "torch.load",
    "torch.save",
    "xml.dom.minidom.parse",
    "xml.etree.ElementTree.parse",
    "xml.etree.cElementTree.parse",
    "xml.sax.parse",
    "lxml.etree.parse",
    "numpy.load",
    "numpy.loadtxt",
    "numpy.genfromtxt",
    "numpy.save",
    "numpy.savez",
    "numpy.savetxt",
    "pandas.read_csv",
    "pandas.read_json",
    "pandas.read_excel",
    "pandas.read_pickle",
    "pandas.read_table",
    /* files, descriptors, processes */
    "fcntl.fcntl",
    "fcntl.flock",
    "fcntl.ioctl",
    "fcntl.lockf",
    "hashlib.file_digest",
    "imghdr.what",
    "itertools.chain",
    "itertools.islice",
    "itertools.takewhile",
    "itertools.dropwhile",
    "linecache.updatecache",
    "mimetypes.read_mime_types",
    "mmap.mmap",
    "msvcrt.locking",
    "os.fchmod",
    "os.fchown",
    "os.fdatasync",
    "os.fstat",
    "os.fsync",
    "os.ftruncate",
    "os.get_inheritable",
    "os.get_terminal_size",
    "os.isatty",
    "os.lockf",
    "os.lseek",
    "os.pread",
    "os.pwrite",
    "os.read",
    "os.sendfile",
    "os.set_blocking",
    "os.set_inheritable",
    "os.tcgetpgrp",
    "os.tcsetpgrp",
    "os.ttyname",
    "os.write",
    "os.writev",
    "os.path.getsize",
    "os.stat",
    "select.select",
    "shutil.copyfileobj",
    "stat.S_ISREG",
    "subprocess.Popen",
    "subprocess.call",
    "subprocess.check_call",
    "subprocess.check_output",
    "subprocess.run",
    "termios.tcgetattr",
    "termios.tcsetattr",
    "tokenize.detect_encoding",
    "tokenize.generate_tokens",
    "tokenize.tokenize",
    "traceback.print_exc",
    "traceback.print_exception",
    "traceback.print_stack",
    "traceback.print_tb",
    "tty.setcbreak",
    "tty.setraw",
    "warnings.warn",
    "weakref.ref",
    "faulthandler.dump_traceback",
    "multiprocessing.connection.wait",
};

static const char *const borrow_methods[] = {
    "extend",     "join",      "read_file",  "readfp",         "writelines",
    "read_csv",   "readinto",  "recv_into",  "fromfile",       "tofile",
    "storbinary", "storlines", "isdisjoint", "format",         "debug",
    "info",       "warning",   "error",      "upload_fileobj", "download_fileobj", /* boto3 */
};

static void put_name(struct name_table *table, const char *name, uint32_t value)
{
    name_table_put(table, name, strlen(name), value);
}

static bool has_name(const struct name_table *table, const char *name)
{
    return name_table_get(table, name, strlen(name)) != TABLE_NONE;
}

static const char *copy(struct makers *makers, const char *text)
{
    return arena_string(&makers->arena, text, strlen(text));
}

static struct maker *add_maker(struct makers *makers, const struct maker *maker)
{
    struct maker *added = arena_alloc(&makers->arena, sizeof *added);
    *added = (struct maker){
        .name = copy(makers, maker->name),
        .thing = copy(makers, maker->thing),
        .closers = copy(makers, maker->closers),
        .flags = maker->flags,
        .number = (uint32_t)makers->n,
    };
    return *array_push(makers) = added;
}

void makers_add(struct makers *makers, const struct maker *maker)
{
    uint32_t index = name_table_get(&makers->by_name, maker->name, strlen(maker->name));
    if (index == TABLE_NONE) {
        const struct maker *added = add_maker(makers, maker);
        name_table_put(&makers->by_name, added->name, strlen(added->name), added->number);
        return;
    }
    struct maker *old = makers->items[index];
    old->thing = copy(makers, maker->thing);
    old->closers = copy(makers, maker->closers);
    old->flags = maker->flags;
}

bool makers_derive(struct makers *makers, uint32_t file, uint32_t scope, const char *name,
                   const struct maker *of)
{
    uint64_t key = pair_key(file, scope);
    if (pair_table_get(&makers->by_function, key) != TABLE_NONE) {
        return false;
    }
    const uint32_t inherited = MAKER_WITH_KEEPS_OPEN | MAKER_IS_NUMBER | MAKER_IS_QUIET
                               | MAKER_ENDS_EXHAUSTED | MAKER_SURVIVES_ERRORS | MAKER_LIVES_LONG
                               | MAKER_HAS_NO_WITH;
    const struct maker maker = {
        .name = name,
        .thing = of->thing,
        .closers = of->closers,
        .flags = (of->flags & inherited) | MAKER_IS_DERIVED,
    };
    pair_table_put(&makers->by_function, key, add_maker(makers, &maker)->number);
    return true;
}

const struct maker *makers_find_function(const struct makers *makers, uint32_t file, uint32_t scope)
{
    uint32_t index = pair_table_get(&makers->by_function, pair_key(file, scope));
    return index == TABLE_NONE ? NULL : makers->items[index];
}

void makers_init(struct makers *makers)
{
    *makers = (struct makers){0};
    for (size_t i = 0; i < sizeof built_in / sizeof *built_in; i++) {
        makers_add(makers, &(struct maker){.name = built_in[i].name,
                                           .thing = built_in[i].thing,
                                           .closers = built_in[i].closers,
                                           .flags = built_in[i].flags});
    }
    for (size_t i = 0; i < sizeof borrowers / sizeof *borrowers; i++) {
        put_name(&makers->borrowers, borrowers[i], (uint32_t)i);
    }
    for (size_t i = 0; i < sizeof borrow_methods / sizeof *borrow_methods; i++) {
        put_name(&makers->borrow_methods, borrow_methods[i], (uint32_t)i);
    }
}

void makers_free(struct makers *makers)
{
    name_table_free(&makers->by_name);
    pair_table_free(&makers->by_function);
    pair_table_free(&makers->borrowing);
    name_table_free(&makers->borrowers);
    name_table_free(&makers->closers);
    name_table_free(&makers->borrow_methods);
    array_free(makers);
    arena_free(&makers->arena);
}

const struct maker *makers_find(const struct makers *makers, const char *dotted)
{
    uint32_t index = name_table_get(&makers->by_name, dotted, strlen(dotted));
    return index == TABLE_NONE ? NULL : makers->items[index];
}

bool maker_is_closer(const struct maker *maker, const char *method)
{
    size_t length = strlen(method);
    const char *s = maker->closers;
    while (*s != '\0') {
        size_t word = strcspn(s, " ");
        if (word == length && memcmp(s, method, length) == 0) {
            return true;
        }
        s += word + (s[word] == ' ');
    }
    return false;
}

const char *maker_closer(const struct maker *maker, struct arena *arena)
{
    return arena_string(arena, maker->closers, strcspn(maker->closers, " "));
}

const char *maker_end(const struct maker *maker)
{
    static const char *const ends[][2] = {
        {"wait", "waited for"},
        {"cleanup", "cleaned up"},
        {"shutdown", "shut down"},
        {"terminate", "terminated"},
    };
    size_t length = strcspn(maker->closers, " ");
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (strlen(ends[i][0]) == length && memcmp(ends[i][0], maker->closers, length) == 0) {
            return ends[i][1];
        }
    }
    return "closed";
}

static bool is_assertion(const char *method)
{
    return strncmp(method, "assert", 6) == 0;
}

bool makers_call_borrows(const struct makers *makers, const struct facts *facts, uint32_t call,
                         struct arena *scratch)
{
    uint32_t callee = facts->ops[call].a;
    const struct op *op = &facts->ops[callee];
    if (op->kind == OP_ATTRIBUTE) {
        const char *method = facts_name(facts, op->b);
        if (is_assertion(method) || has_name(&makers->borrow_methods, method)) {
            return true;
        }
    }
    if (op->kind == OP_LOAD && !is_builtin_variable(facts, op->a)
        && !(facts->variables[op->a].flags & VARIABLE_IS_IMPORTED)) {
        return false;
    }
    const char *dotted = facts_dotted_name(facts, callee, scratch);
    return dotted != NULL && has_name(&makers->borrowers, dotted);
}

void makers_add_borrower(struct makers *makers, const char *name)
{
    put_name(&makers->borrowers, copy(makers, name), 0);
    makers->is_said = true;
}

void makers_add_closer(struct makers *makers, const char *name)
{
    put_name(&makers->closers, copy(makers, name), 0);
    makers->is_said = true;
}

bool makers_is_borrower(const struct makers *makers, const char *name)
{
    return has_name(&makers->borrowers, name);
}

bool makers_is_closer(const struct makers *makers, const char *name)
{
    return has_name(&makers->closers, name);
}
