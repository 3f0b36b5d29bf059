#include "tests/generator/oracle_chain.h"

#include <algorithm>
#include <stdexcept>

#include "tests/generator/prefix_collider.h"

namespace amber::generator {
namespace {

constexpr std::uint32_t kFirstSpend = kCoinbaseMaturity + 1;  // height
constexpr std::uint64_t kMaxFee = 2'000;                      // satoshis
constexpr double kHotShare = 0.225;          // of transactions, for each of the two hot scripts
constexpr std::size_t kPoolReserve = 4'000;  // coins kept for scenes
constexpr std::uint64_t kOrdinaryWeightLimit = kMaxBlockWeight - 400'000;

struct KindShare {
    ScriptKind kind;
    double share;
};
constexpr KindShare kShares[] = {
    {ScriptKind::bare_drop, 12},
    {ScriptKind::p2sh, 14},
    {ScriptKind::p2wsh, 18},
    {ScriptKind::p2sh_p2wsh, 8},
    {ScriptKind::p2tr_script_path, 2},
    {ScriptKind::op_true, 1},
    {ScriptKind::empty, 1},
    {ScriptKind::anchor, 1},
    {ScriptKind::future_witness, 2},
    {ScriptKind::big, 0.02},
    {ScriptKind::p2pk, 2},
    {ScriptKind::p2pkh, 10},
    {ScriptKind::p2wpkh, 12},
    {ScriptKind::p2wsh_unknown, 3},
    {ScriptKind::p2tr, 8},
    {ScriptKind::multisig, 1},
    {ScriptKind::malformed_push, 0.5},
    {ScriptKind::return_in_middle, 0.5},
    {ScriptKind::oversized, 0.01},
    {ScriptKind::data, 3},
    {ScriptKind::false_data, 1},
};

ScriptKind PickKind(Random& random) {
    static const double total = [] {
        double sum = 0;
        for (const auto& share : kShares) sum += share.share;
        return sum;
    }();
    double at = random.Unit() * total;
    for (const auto& share : kShares)
        if ((at -= share.share) < 0) return share.kind;
    return ScriptKind::p2wpkh;
}

/// Kinds of which there is one script only.
bool IsSingleton(ScriptKind kind) {
    return kind == ScriptKind::op_true || kind == ScriptKind::empty || kind == ScriptKind::anchor;
}

bool IsData(ScriptKind kind) { return kind == ScriptKind::data || kind == ScriptKind::false_data; }

}  // namespace

OracleChain::OracleChain(const OracleOptions& options)
    : options_(options), random_(options.seed), blocks_(options.first_time) {
    hot_receiver_ = NewScript(ScriptKind::p2wsh);
    hot_service_ = NewScript(ScriptKind::bare_drop);
    landmarks_.hot_scripts = {hot_receiver_, hot_service_};
}

void OracleChain::Branch(std::uint64_t seed, std::uint32_t blocks) {
    options_.blocks = blocks;
    random_ = Random(Random::Mix(seed) + blocks_.NextHeight());
    branch_ = static_cast<std::uint32_t>(random_.Next());
}

std::optional<Bytes> OracleChain::Next() {
    const auto height = blocks_.NextHeight();
    if (height > options_.blocks) return std::nullopt;
    while (!maturing_.empty() && maturing_.front().first <= height) {
        const auto& coins = maturing_.front().second;
        pool_.insert(pool_.end(), coins.begin(), coins.end());
        maturing_.pop_front();
    }
    if (height >= kFirstSpend) {
        AddDueTwins(height);
        AddScenes(height);
        const auto left = options_.blocks - height + 1;
        const auto wanted = options_.txs > totals_.txs ? options_.txs - totals_.txs : 0;
        auto quota = wanted / left;
        if (left > 1) quota = quota / 2 + random_.Below(quota + 1);
        if (height % 37 == 0 && left > 1) quota = 0;
        for (std::uint64_t i = 0; i < quota && blocks_.Weight() < kOrdinaryWeightLimit; ++i)
            AddOrdinary();
    }
    return FinishBlock(height);
}

void OracleChain::AddScenes(std::uint32_t height) {
    const auto step = height - kFirstSpend;
    if (step % 400 == 0) AddFanOut(3'000, nullptr);
    if (step == 2 || (step > 60 && height + 60 == options_.blocks)) AddPrefixTwins(height);
    if (step % 25 == 3) AddDependentChain(150);
    if (step % 25 == 5) AddEveryKind();
    if (step % 25 == 7) {
        const auto script = NewScript(ScriptKind::p2sh);
        AddFanOut(400, &script);
    }
    if (step % 25 == 9) AddSelfPayment();
    if (step % 25 == 11) AddZeroValues();
    if (step % 100 == 50 && pool_.size() > kPoolReserve) AddConsolidation(2'000);
}

void OracleChain::AddOrdinary() {
    const bool serve = random_.Chance(kHotShare);
    const bool receive = random_.Chance(kHotShare);
    const double in_kind = random_.Unit(), out_kind = random_.Unit();
    const auto inputs = in_kind < 0.6 ? 1 : in_kind < 0.85 ? 2 : random_.Between(3, 5);
    const auto outputs = out_kind < 0.6    ? random_.Between(1, 2)
                         : out_kind < 0.95 ? random_.Between(3, 6)
                                           : random_.Between(7, 20);
    if (serve && !service_pool_.empty()) {
        Spend(service_pool_.back());
        service_pool_.pop_back();
    }
    SpendSome(static_cast<std::uint32_t>(inputs));
    std::vector<ScriptSpec> scripts;
    if (serve) scripts.push_back(hot_service_);
    if (receive) scripts.push_back(hot_receiver_);
    while (scripts.size() < outputs) scripts.push_back(AnyScript());
    PayAll(scripts);
    Commit();
}

/// One output script for all, or a mixture.
void OracleChain::AddFanOut(std::uint32_t outputs, const ScriptSpec* script) {
    // The richest of a few coins, so that the outputs get some value.
    Coin coin = TakeCoin();
    for (int i = 0; i < 8 && !pool_.empty(); ++i) {
        Coin other = TakeCoin();
        if (other.value > coin.value) std::swap(coin, other);
        pool_.push_back(other);
    }
    Spend(coin);
    std::vector<ScriptSpec> scripts;
    for (std::uint32_t i = 0; i < outputs; ++i) {
        auto spec = script != nullptr ? *script : AnyScript();
        if (spec.kind == ScriptKind::big || spec.kind == ScriptKind::oversized)
            spec = NewScript(ScriptKind::p2wpkh);
        scripts.push_back(spec);
    }
    PayAll(scripts);
    const auto txid = Commit();
    if (outputs >= 3'000 && !landmarks_.most_outputs) landmarks_.most_outputs = txid;
}

void OracleChain::AddConsolidation(std::uint32_t inputs) {
    SpendSome(inputs);
    PayAll({hot_receiver_, NewScript(ScriptKind::p2wsh)});
    const auto txid = Commit();
    if (!landmarks_.most_inputs) landmarks_.most_inputs = txid;
}

/// Each transaction spends the one before it, in one block.
void OracleChain::AddDependentChain(std::uint32_t length) {
    Coin coin = TakeCoin();
    for (std::uint32_t i = 0; i < length; ++i) {
        Spend(coin);
        const auto link = NewScript(i % 2 ? ScriptKind::p2wsh : ScriptKind::p2sh);
        const auto value = in_value_ - std::min<std::uint64_t>(in_value_, 50);
        Pay(value, link);
        Pay(0, AnyScript());
        coin = {Commit(1), 0, value, link};
    }
    pool_.push_back(coin);
}

void OracleChain::AddEveryKind() {
    SpendSome(2);
    std::vector<ScriptSpec> scripts;
    for (const auto& share : kShares) scripts.push_back(NewScript(share.kind));
    scripts.push_back(hot_receiver_);
    PayAll(scripts);
    Commit();
}

/// A script that one transaction both spends, several times, and funds.
void OracleChain::AddSelfPayment() {
    const auto script = NewScript(ScriptKind::p2sh_p2wsh);
    Spend(TakeCoin());
    PayAll({script, script, script});
    const auto outputs = payouts_;
    const auto funding = Commit(3);
    for (std::uint32_t i = 0; i < outputs.size(); ++i)
        Spend({funding, i, outputs[i].value, script});
    PayAll({script, AnyScript(), script});
    Commit();
}

void OracleChain::AddZeroValues() {
    auto poorest = std::min_element(pool_.begin(), pool_.end(),
                                    [](const auto& a, const auto& b) { return a.value < b.value; });
    Spend(*poorest);
    pool_.erase(poorest);
    for (int i = 0; i < 5; ++i) Pay(0, AnyScript());
    Commit();
}

/// Prepares pairs of transactions whose txids share a prefix. Some pairs confirm in one block,
/// some ten blocks apart; one output of each is spent later, the other stays.
void OracleChain::AddPrefixTwins(std::uint32_t height) {
    constexpr std::size_t kPairs = 6, kTemplates = 48;
    if (options_.prefix_bytes == 0) return;
    Spend(TakeCoin());
    std::vector<ScriptSpec> scripts;
    for (std::size_t i = 0; i < kTemplates; ++i) scripts.push_back(NewScript(ScriptKind::p2sh));
    PayAll(scripts);
    const auto funded = payouts_;
    const auto funding = Commit(kTemplates);

    const auto common = NewScript(ScriptKind::p2wsh);
    std::vector<Twin> templates(kTemplates);
    std::vector<Bytes> stripped(kTemplates);
    for (std::uint32_t i = 0; i < kTemplates; ++i) {
        auto& twin = templates[i];
        twin.coin = {funding, i, funded[i].value, funded[i].script};
        twin.outputs = {{twin.coin.value / 2, i % 2 ? NewScript(ScriptKind::p2wsh) : common},
                        {twin.coin.value / 3, NewScript(ScriptKind::p2tr)}};
        twin.tx.Start();
        twin.tx.AddInput(twin.coin, random_.Next());
        for (const auto& output : twin.outputs) twin.tx.AddOutput(output.value, output.script);
        twin.tx.AppendStripped(stripped[i]);
    }
    const auto schedule = [&](std::size_t index, std::uint32_t lock_time, std::uint32_t at) {
        auto& twin = templates[index];
        twin.height = at;
        twin.tx.SetLockTime(lock_time);
        Bytes raw;
        const auto txid = twin.tx.AppendTo(raw).txid;
        twins_.push_back(std::move(twin));
        return txid;
    };
    std::uint32_t delay = 0;  // blocks between the two of a pair
    for (const auto& pair : FindPrefixCollisions(stripped, options_.prefix_bytes, kPairs)) {
        const auto first = schedule(pair.first, pair.first_lock_time, height + 1);
        const auto second = schedule(pair.second, pair.second_lock_time, height + 1 + delay);
        landmarks_.prefix_twins.emplace_back(first, second);
        delay = 10 - delay;
    }
    for (const auto& twin : templates)
        if (twin.height == 0) pool_.push_back(twin.coin);
}

/// Twins whose time has come, and the spends of their first outputs.
void OracleChain::AddDueTwins(std::uint32_t height) {
    for (const auto& twin : twins_) {
        if (twin.height != height) continue;
        std::uint64_t paid = 0;
        for (const auto& output : twin.outputs) paid += output.value;
        const auto txid = blocks_.Add(twin.tx, twin.coin.value - paid).txid;
        totals_.CountSpend(twin.coin.value);
        Account(txid, twin.outputs, static_cast<std::uint32_t>(twin.outputs.size()), pool_);
        const auto wait = 15 + static_cast<std::uint32_t>(twin_coins_.size()) % 7;
        twin_coins_.emplace_back(height + wait,
                                 Coin{txid, 0, twin.outputs[0].value, twin.outputs[0].script});
    }
    for (const auto& [due, coin] : twin_coins_) {
        if (due != height) continue;
        Spend(coin);
        PayAll({AnyScript(), NewScript(ScriptKind::p2wsh)});
        Commit();
    }
}

Bytes OracleChain::FinishBlock(std::uint32_t height) {
    // A few coinbases leave part of their reward unclaimed.
    const auto reward = blocks_.Reward() - (height % 41 == 0 ? 1'000 : 0);
    std::vector<BlockBuilder::Payout> payouts;
    if (height % 3 == 0) {
        payouts = {{reward / 2, hot_receiver_},
                   {reward - reward / 2, NewScript(ScriptKind::p2wsh)},
                   {0, NewScript(ScriptKind::p2wpkh)}};
    } else {
        payouts = {{reward, NewScript(height % 2 ? ScriptKind::bare_drop : ScriptKind::p2sh)}};
    }
    auto block = blocks_.Finish(payouts, height % 5 == 0, branch_);
    std::vector<Coin> coins;
    Account(block.coinbase, payouts, 0, coins);
    totals_.outputs += block.has_commitment;
    maturing_.emplace_back(height + kCoinbaseMaturity, std::move(coins));
    ++totals_.blocks;
    totals_.bytes += block.raw.size();
    return std::move(block.raw);
}

void OracleChain::Spend(const Coin& coin) {
    if (input_count_ == 0) tx_.Start();
    ++input_count_;
    in_value_ += coin.value;
    tx_.AddInput(coin, random_.Next());
    totals_.CountSpend(coin.value);
}

void OracleChain::SpendSome(std::uint32_t count) {
    for (std::uint32_t i = 0; i < count && !pool_.empty(); ++i) Spend(TakeCoin());
}

void OracleChain::Pay(std::uint64_t value, const ScriptSpec& script) {
    tx_.AddOutput(value, script);
    payouts_.push_back({value, script});
}

void OracleChain::PayAll(const std::vector<ScriptSpec>& scripts) {
    auto left = in_value_ - random_.Below(std::min(in_value_, kMaxFee) + 1);
    for (std::size_t i = 0; i < scripts.size(); ++i) {
        std::uint64_t value = left;
        if (!IsSpendable(scripts[i].kind)) {
            // Little is put where it is lost, and mostly nothing into data outputs.
            const bool nothing = IsData(scripts[i].kind) && random_.Chance(0.9);
            value = nothing ? 0 : random_.Below(std::min<std::uint64_t>(left, 10'000) + 1);
        } else if (i + 1 < scripts.size()) {
            value = random_.Chance(0.03) ? 0 : random_.Below(2 * left / (scripts.size() - i) + 1);
        }
        left -= value;
        Pay(value, scripts[i]);
    }
}

Txid OracleChain::Commit(std::uint32_t held) {
    std::uint64_t paid = 0;
    for (const auto& payout : payouts_) paid += payout.value;
    const auto txid = blocks_.Add(tx_, in_value_ - paid).txid;
    Account(txid, payouts_, held, pool_);
    payouts_.clear();
    in_value_ = 0;
    input_count_ = 0;
    return txid;
}

void OracleChain::Account(const Txid& txid, const std::vector<BlockBuilder::Payout>& outputs,
                          std::uint32_t first_free, std::vector<Coin>& pool) {
    ++totals_.txs;
    for (std::uint32_t i = 0; i < outputs.size(); ++i) {
        const auto& [value, script] = outputs[i];
        totals_.CountOutput(script, value);
        if (i < first_free || !IsSpendable(script.kind)) continue;
        (script == hot_service_ ? service_pool_ : pool).push_back({txid, i, value, script});
    }
}

/// Half of the time one of the newest coins, so that blocks spend their own outputs.
Coin OracleChain::TakeCoin() {
    if (pool_.empty()) throw std::runtime_error("the generated chain ran out of coins");
    const auto newest = std::min<std::size_t>(pool_.size(), 200);
    const auto at = random_.Chance(0.5) ? pool_.size() - 1 - random_.Below(newest)
                                        : random_.Below(pool_.size());
    const Coin coin = pool_[at];
    pool_[at] = pool_.back();
    pool_.pop_back();
    return coin;
}

ScriptSpec OracleChain::NewScript(ScriptKind kind) {
    const ScriptSpec spec{kind, IsSingleton(kind) ? 0 : next_script_id_++};
    scripts_.push_back(spec);
    return spec;
}

/// New, or one used lately, or any one used.
ScriptSpec OracleChain::AnyScript() {
    const auto choice = random_.Unit();
    if (choice < 0.5) return NewScript(PickKind(random_));
    const auto age =
        choice < 0.8 ? random_.LogUniform(scripts_.size()) : random_.Between(1, scripts_.size());
    return scripts_[scripts_.size() - age];
}

}  // namespace amber::generator
