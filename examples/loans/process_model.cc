#include "process_model.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace loans {
namespace {

constexpr int64_t kSecond = 1000;
constexpr int64_t kMinute = 60 * kSecond;
constexpr int64_t kHour = 60 * kMinute;

const char kLead[] = "W_Afhandelen leads";
const char kComplete[] = "W_Completeren aanvraag";
const char kCall[] = "W_Nabellen offertes";
const char kValidate[] = "W_Valideren aanvraag";
const char kCallAgain[] = "W_Nabellen incomplete dossiers";
const char kFraud[] = "W_Beoordelen fraude";

// Writes down one life, step by step.
class Life {
 public:
  Life(uint64_t number, int64_t start_ms, Dice& dice) : dice_(dice), now_ms_(start_ms) {
    step_.application = absl::StrCat(200'000 + 3 * number);
    step_.amount = static_cast<int64_t>(dice.Below(90) + 10) * 500;
    step_.resource = "112";
    step_.time.utc_offset_minutes = 60;
    // One in twelve, and the rules in turn.
    broken_rule_ = number % 12 == 7 ? static_cast<int>(number / 12 % 4) + 1 : 0;
  }

  std::vector<Step> Take() && { return std::move(steps_); }

  void Run() {
    if (broken_rule_ == 1) Wait("A_PREACCEPTED", 1, kSecond);
    Wait("A_SUBMITTED", 0, kSecond);
    Wait("A_PARTLYSUBMITTED", 1, kSecond);
    if (broken_rule_ == 1) Wait("A_SUBMITTED", 1, kSecond);
    if (dice_.Chance(26)) return Decline();
    if (dice_.Chance(35)) {
      Work(kLead, 1);
      if (dice_.Chance(20)) return Decline();
    }
    Wait("A_PREACCEPTED", 20 * kSecond, kMinute);
    Work(kComplete, 1 + dice_.Below(5));
    if (dice_.Chance(25)) return Cancel();
    Wait("A_ACCEPTED", kSecond, kMinute);
    Offer();
    Work(kCall, 1 + dice_.Below(4));
    if (dice_.Chance(30)) return Cancel();
    Wait("O_SENT_BACK", kSecond, kMinute);
    Validate();
  }

 private:
  void Now(std::string activity, Transition transition = Transition::kComplete) {
    step_.activity = std::move(activity);
    step_.transition = transition;
    step_.time.unix_ms = now_ms_;
    steps_.push_back(step_);
  }

  void Wait(std::string activity, int64_t at_least_ms, int64_t spread_ms) {
    now_ms_ += at_least_ms + static_cast<int64_t>(dice_.Below(static_cast<uint64_t>(spread_ms)));
    Now(std::move(activity));
  }

  void Employee() {
    step_.resource = dice_.Chance(3) ? "" : absl::StrCat(10'800 + dice_.Below(40) * 11);
  }

  // Put on the list, then taken up `times` times, by anyone.
  void Work(const std::string& item, uint64_t times) {
    now_ms_ += kSecond;
    Now(item, Transition::kSchedule);
    if (broken_rule_ == 4 && std::exchange(to_break_, false)) Now(item);
    for (uint64_t i = 0; i < times; ++i) {
      now_ms_ += static_cast<int64_t>(dice_.Below(30) + 1) * kHour +
                 static_cast<int64_t>(dice_.Below(kHour));
      Employee();
      Now(item, Transition::kStart);
      if (broken_rule_ == 3 && std::exchange(to_break_, false)) {
        now_ms_ += kMinute;
        Now(item, Transition::kStart);
      }
      now_ms_ += static_cast<int64_t>(dice_.Below(20 * kMinute)) + kMinute;
      if (dice_.Chance(5)) Employee();
      if (dice_.Chance(1)) return;  // never completed
      Now(item);
    }
  }

  void Offer() {
    for (uint64_t offers = 1 + dice_.Below(2); offers > 0; --offers) {
      Wait("O_SELECTED", kMinute, kMinute);
      if (std::exchange(first_offer_, false)) Wait("A_FINALIZED", 1, kSecond);
      Wait("O_CREATED", 1, kSecond);
      Wait("O_SENT", 1, kSecond);
      if (offers > 1) Wait("O_CANCELLED", kHour, kHour);
    }
  }

  void Validate() {
    Work(kValidate, 1);
    if (dice_.Chance(40)) Work(kCallAgain, 1 + dice_.Below(6));
    if (dice_.Chance(2)) Work(kFraud, 1);
    if (dice_.Chance(20)) return Decline();
    Wait("O_ACCEPTED", kSecond, kSecond);
    static constexpr const char* kLast[] = {"A_APPROVED", "A_REGISTERED", "A_ACTIVATED"};
    const uint64_t first = dice_.Below(3);  // in any order, as in the real log
    for (uint64_t i = 0; i < 3; ++i) Wait(kLast[(first + i) % 3], 0, 5);
  }

  void Decline() { Close("A_DECLINED", "O_DECLINED"); }
  void Cancel() { Close("A_CANCELLED", "O_CANCELLED"); }

  void Close(const char* state, const char* offer) {
    Wait(state, kMinute, kHour);
    if (!first_offer_) Wait(offer, 1, kSecond);
    if (broken_rule_ != 2) return;
    Wait("A_ACCEPTED", kMinute, kMinute);
    Wait("A_SUBMITTED", kMinute, kMinute);  // breaks rule 1 as well: counts under it
  }

  Dice& dice_;
  Step step_;
  int64_t now_ms_;
  int broken_rule_ = 0;
  bool to_break_ = true;
  bool first_offer_ = true;
  std::vector<Step> steps_;
};

}  // namespace

std::vector<Step> ApplicationLife(uint64_t number, int64_t start_ms, Dice& dice) {
  Life life(number, start_ms, dice);
  life.Run();
  return std::move(life).Take();
}

}  // namespace loans
