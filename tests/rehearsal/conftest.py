from collections.abc import AsyncIterator

import pytest
from ears import Ear, listening


@pytest.fixture
async def ear() -> AsyncIterator[Ear]:
    async with listening() as ear:
        yield ear
