// What a meeting's states mean, in plain words.

export const OVER = ["ended", "failed", "erased"];

const PLATFORMS = {
  room: "Room",
  zoom: "Zoom",
  google_meet: "Google Meet",
  microsoft_teams: "Teams",
  microsoft_teams_live: "Teams",
  webex: "Webex",
};

export function platformOf(platform) {
  return PLATFORMS[platform] ?? "Meeting";
}

const STATES = {
  requested: { label: "Calling", tone: "busy" },
  joining: { label: "On its way", tone: "busy" },
  waiting_room: { label: "In the lobby", tone: "wait" },
  in_call: { label: "Not allowed to listen yet", tone: "wait" },
  recording_denied: { label: "Not allowed to listen", tone: "wait" },
  listening: { label: "Listening", tone: "live" },
  deaf: { label: "Hears nothing", tone: "wait" },
  ended: { label: "Ended", tone: "over" },
  failed: { label: "Could not join", tone: "bad" },
  erased: { label: "Gone", tone: "over" },
};
const ROOM_STATES = {
  requested: { label: "Opening", tone: "busy" },
  joining: { label: "Ready", tone: "busy" },
  waiting_room: { label: "Ready", tone: "busy" },
  deaf: { label: "Nobody is here", tone: "wait" },
};

export function stateOf(status, platform) {
  return (platform === "room" && ROOM_STATES[status]) || STATES[status] || { label: status, tone: "busy" };
}

// What an empty transcript says.
export function emptyWords(status, platform, bot) {
  const isRoom = platform === "room";
  const words = {
    requested: isRoom ? ["Opening the room…", ""] : [`Asking the platform to let ${bot} in…`, ""],
    joining: isRoom
      ? ["The room is open", "Turn your microphone on below, and talk. Words appear here as they are said."]
      : [`${bot} is on its way in`, "This takes up to half a minute."],
    waiting_room: isRoom
      ? ["The room is open", "Turn your microphone on below, and talk. Words appear here as they are said."]
      : ["Waiting in the lobby", `Someone in the meeting must admit ${bot}.`],
    in_call: [`${bot} is in the call, and not allowed to listen yet`, "The host must allow recording."],
    recording_denied: ["The host did not allow recording", `Ask the host to allow it: ${bot} hears nothing until then.`],
    listening: ["Listening", "Words appear here as they are said."],
    deaf: isRoom
      ? ["Nobody is in the room", "Turn your microphone on below, or end the meeting."]
      : ["No sound arrives", "What was said before this is kept."],
    ended: ["Nothing was said in this meeting", ""],
    failed: [`${bot} could not join`, ""],
    erased: ["There is no such meeting any more", "It was erased, or the time for which it was kept is over."],
  };
  return words[status] ?? ["", ""];
}
