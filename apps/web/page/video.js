// A person's own video behind the skeleton.

const showVideo = (file) => {
  const video = element("video");
  if (video.src) URL.revokeObjectURL(video.src);
  video.src = URL.createObjectURL(file);
  video.hidden = false;
  element("video-settings").hidden = false;
  video.onerror = () => {
    video.hidden = true;
    say(`${file.name}: this browser can't play that video`, true);
  };
  state.fresh = true;
};

// In step with the packets: by its own clock, moved only where it drifts.
const followVideo = () => {
  const video = element("video");
  const track = state.source?.track;
  if (video.hidden || !track || !Number.isFinite(video.duration)) return;
  const wanted = state.position / track.rate + (Number(element("offset").value) || 0);
  const inside = Math.min(Math.max(wanted, 0), video.duration);
  if (Math.abs(video.currentTime - inside) > 0.15) video.currentTime = inside;
  video.playbackRate = Math.min(Math.max(state.speed, 0.1), 8);
  if (video.paused && wanted >= 0 && wanted < video.duration) video.play().catch(() => {});
};
