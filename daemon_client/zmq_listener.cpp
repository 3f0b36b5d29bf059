#include "daemon_client/zmq_listener.h"

#include <pthread.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <zmq.hpp>

namespace amber::daemon_client {
namespace {

constexpr int kMaxWaiting = 100000;
// How long a change of endpoints or a stop may go unnoticed.
constexpr std::chrono::milliseconds kLook{100};
constexpr std::size_t kMaxFrames = 3;

}  // namespace

void ZmqListener::Start() {
    thread_ = std::thread([this] {
        pthread_setname_np(pthread_self(), "amber-zmq");
        Run();
    });
}

void ZmqListener::Stop() {
    stopped_ = true;
    if (thread_.joinable()) thread_.join();
}

void ZmqListener::SetEndpoints(std::vector<std::string> endpoints) {
    std::sort(endpoints.begin(), endpoints.end());
    endpoints.erase(std::unique(endpoints.begin(), endpoints.end()), endpoints.end());
    std::lock_guard lock(mutex_);
    endpoints_ = std::move(endpoints);
}

bool ZmqListener::IsCurrent(const std::vector<std::string>& endpoints) {
    std::lock_guard lock(mutex_);
    return endpoints == endpoints_;
}

void ZmqListener::Run() {
    while (!stopped_) {
        std::vector<std::string> endpoints;
        {
            std::lock_guard lock(mutex_);
            endpoints = endpoints_;
        }
        try {
            Listen(endpoints);
        } catch (const zmq::error_t& error) {
            // Polling goes on without.
            spdlog::warn("ZMQ: {}; check --zmq", error.what());
            while (!stopped_ && IsCurrent(endpoints)) std::this_thread::sleep_for(kLook);
        }
    }
}

/// Until it is stopped or the endpoints change.
void ZmqListener::Listen(const std::vector<std::string>& endpoints) {
    last_number_.clear();
    zmq::context_t context(1);
    zmq::socket_t socket(context, zmq::socket_type::sub);
    socket.set(zmq::sockopt::rcvhwm, kMaxWaiting);
    socket.set(zmq::sockopt::linger, 0);
    socket.set(zmq::sockopt::rcvtimeo, static_cast<int>(kLook.count()));
    socket.set(zmq::sockopt::ipv6, 1);
    socket.set(zmq::sockopt::subscribe, "hashblock");
    socket.set(zmq::sockopt::subscribe, "sequence");
    for (const std::string& endpoint : endpoints) socket.connect(endpoint);
    while (!stopped_ && IsCurrent(endpoints)) {
        std::vector<zmq::message_t> parts;
        std::vector<std::string_view> frames;
        do {
            zmq::message_t part;
            if (!socket.recv(part)) break;
            // Frames beyond what is known are read off, not kept.
            if (parts.size() <= kMaxFrames) parts.push_back(std::move(part));
        } while (socket.get(zmq::sockopt::rcvmore));
        for (const zmq::message_t& part : parts) frames.push_back(part.to_string_view());
        if (!frames.empty()) OnFrames(frames);
    }
}

void ZmqListener::OnFrames(const std::vector<std::string_view>& frames) {
    const auto message = ReadZmqMessage(frames);
    if (!message) return;
    const auto [last, is_first] = last_number_.try_emplace(message->from_sequence, message->number);
    const bool gap = !is_first && message->number != last->second + 1;
    last->second = message->number;
    if (gap) on_gap_();
    on_message_(*message);
}

}  // namespace amber::daemon_client
