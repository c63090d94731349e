"""What tests ask of the API of webhooks out."""

from receivers import Receiver
from support import eventually


async def endpoint_at(rig, there: Receiver, **fields: object) -> dict:
    response = await rig.client.post("/webhooks/endpoints", json={"url": there.url, **fields})
    return await response.json()


async def endpoints(rig) -> list[dict]:
    return (await (await rig.client.get("/webhooks/endpoints")).json())["endpoints"]


async def deliveries(rig, **query: object) -> list[dict]:
    return (await (await rig.client.get("/webhooks/deliveries", params=query)).json())["deliveries"]


async def until_state(rig, state: str, count: int) -> list[dict]:
    async def enough() -> bool:
        return len(await deliveries(rig, state=state)) >= count

    await eventually(enough)
    return await deliveries(rig, state=state)
