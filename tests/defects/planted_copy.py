"""A copy of the sources in which something is planted, how it is built, and how its tests are run.

For defects.py and mutants.py. What is planted asks at run time whether it is on, so that one build
serves for all of it; the sources stay as they are.
"""
import collections
import os
import re
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
# Without times in them, precompiled headers and what uses them are found by ccache again.
FLAGS = "-Xclang -fno-pch-timestamp"

# How a program ended: its exit code, a signal as its negative, or None when it was killed for
# being too long; what it printed; how long it took.
Run = collections.namedtuple("Run", "ended output seconds")


def write_changed(path, content, mode):
    """Leaves a file alone that is what it should be, so that it is not built again."""
    if os.path.exists(path):
        with open(path, "rb") as file:
            if file.read() == content:
                return
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    os.chmod(path, mode)


def include_header(name, path):
    """The line that includes the header `name` of the copy in the source `path` of the root."""
    header = os.path.relpath(os.path.join(ROOT, name), os.path.dirname(path))
    return f'#include "{header}"\n#line 1\n'


def copy_sources(copy, planted, header, header_text):
    """Makes the copy, with `planted` (bytes by name); what is no file any more goes from it too."""
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
                            cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout
    files = {file for file in listed.split("\0") if os.path.isfile(os.path.join(ROOT, file))}
    for file in sorted(files):
        path = os.path.join(ROOT, file)
        content = planted.get(file)
        if content is None:
            with open(path, "rb") as source:
                content = source.read()
        write_changed(os.path.join(copy, file), content, os.stat(path).st_mode)
    write_changed(os.path.join(copy, header), header_text.encode(), 0o644)
    for directory, names, filenames in os.walk(copy):
        names[:] = [name for name in names if os.path.join(directory, name) !=
                    os.path.join(copy, "build")]
        for name in filenames:
            path = os.path.join(directory, name)
            if os.path.relpath(path, copy) not in files | {header}:
                os.remove(path)


def configure(copy, flags=FLAGS):
    """Whether the copy is configured as the preset `dev` says."""
    command = ["cmake", "--preset", "dev", f"-DCMAKE_CXX_FLAGS_DEBUG={flags}"]
    return subprocess.run(command, cwd=copy, stdout=subprocess.DEVNULL).returncode == 0


def build(copy, targets):
    """Whether they build; twice as many go at a time as there are processors, as by hand."""
    command = ["cmake", "--build", "--preset", "dev", "--target", *targets]
    return subprocess.run(command, cwd=copy).returncode == 0


def program(copy, name):
    return os.path.join(copy, "build", "dev", "bin", name)


def run(command, environment, temp, seconds):
    """Runs a program of GoogleTest in the directory `temp`, for at most so many seconds."""
    environment = {**os.environ, "TMPDIR": temp, "TEST_TMPDIR": temp, **environment}
    start = time.monotonic()
    # In its own session, so that its children end with it.
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, cwd=temp,
                          stderr=subprocess.STDOUT, start_new_session=True) as child:
        try:
            output, _ = child.communicate(timeout=seconds)
            ended = child.returncode
        except subprocess.TimeoutExpired:
            os.killpg(child.pid, 9)
            output, _ = child.communicate()
            ended = None
    return Run(ended, output.decode(errors="replace"), time.monotonic() - start)


def test_that_failed(output):
    """Its name, or that of the one during which the program ended."""
    failed = re.findall(r"(?m)^\[  FAILED  \] ([^\s,]+)", output)
    begun = re.findall(r"(?m)^\[ RUN      \] (\S+)", output)
    return failed[0] if failed else begun[-1] if begun else "no test"


def temp_parent():
    """In memory where there is room, as in scripts/test.sh."""
    memory = "/dev/shm"
    if os.access(memory, os.W_OK):
        room = os.statvfs(memory)
        if room.f_bavail * room.f_frsize >= 4 << 30:
            return memory
    return None
