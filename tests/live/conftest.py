from tests.platform.conftest import checkout, port

__all__ = ["checkout", "port"]
