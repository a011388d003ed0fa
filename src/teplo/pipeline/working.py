def run_once(owner: str) -> int:
    return 0
