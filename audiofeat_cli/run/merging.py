"""Merging some parts into one. Runs in a worker process, or in the parent."""

from audiofeat_cli.errors import StoppedError
from audiofeat_cli.run.jobs import MergeJob, MergeReceipt


def run_merge(job: MergeJob) -> MergeReceipt:
    """Write the target of a job.

    Raises
    ------
    StoppedError : a part cannot be read, or the new one not be written; nothing has changed.
    """
    from audiofeat_cli.rewrite import UnreadablePartError, merge_parts

    try:
        job.target.parent.mkdir(parents=True, exist_ok=True)
        merged = merge_parts(job.sources, job.target)
    except UnreadablePartError as error:
        raise StoppedError(
            f"{error.path} cannot be read: {error.reason}",
            "delete it, and the same extract does the files again whose rows it held",
        ) from error
    except OSError as error:
        raise StoppedError(
            f"cannot merge parts into {job.target.parent}: {error.strerror or error}"
        ) from error
    return MergeReceipt(merged.names, merged.seen, merged.rows, merged.bytes)
