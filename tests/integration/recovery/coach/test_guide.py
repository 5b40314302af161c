"""What the coach flags and what it lets pass, as the guide for labelling rules it."""

import pytest

from integration.recovery.coach import Coach, Policy, Rule

FLAGGED = [
    (Rule.DEFLECTION, "Hello Ms Ray, that is not our fault, the carrier lost it."),
    (Rule.DEFLECTION, "Dear Mr Lowe, you would have to take that up with the manufacturer."),
    (Rule.DEFLECTION, "Hi Ben, this is not my department."),
    (Rule.DEFLECTION, "The system went down, that is why nobody answered you."),
    (Rule.NAMED_CULPRIT, "Hello Ida, the new agent gave you the wrong price."),
    (Rule.NAMED_CULPRIT, "Whoever handled this did not read your mail properly."),
    (Rule.NAMED_CULPRIT, "The girl at the counter made a mistake and she has been spoken to."),
    (Rule.HELPLESSNESS, "Dear Ms Finn, there is nothing I can do for you."),
    (Rule.HELPLESSNESS, "That's just how it is, I'm afraid."),
    (Rule.POLICY_RECITAL, "Our policy states that opened goods cannot be returned."),
    (Rule.POLICY_RECITAL, "Dear Sir, as per our terms and conditions the deposit is not refundable."),
    (Rule.POLICY_RECITAL, "The system won't let me change the address."),
    (Rule.NON_APOLOGY, "We are sorry if you feel that you were treated unfairly."),
    (Rule.NON_APOLOGY, "We apologise for any inconvenience caused."),
    (Rule.NON_APOLOGY, "Sorry, but you were too late."),
    (Rule.NON_APOLOGY, "I'm sorry for the frustration you feel."),
    (Rule.CUSTOMER_BLAME, "You should have called us before Friday."),
    (Rule.CUSTOMER_BLAME, "As I already told you, the code is on the letter."),
    (Rule.CUSTOMER_BLAME, "Because of you the whole coach had to wait."),
    (Rule.CUSTOMER_BLAME, "Perhaps you typed the password wrong and did not notice."),
    (Rule.LOOSE_PROMISE, "Someone will call you shortly."),
    (Rule.LOOSE_PROMISE, "Leave it with me."),
    (Rule.LOOSE_PROMISE, "They'll reply when available."),
    (Rule.LOOSE_PROMISE, "We'll see what we can do and get back to you ASAP."),
    (Rule.LOOSE_PROMISE, "It will definitely be delivered tomorrow, guaranteed."),
    (Rule.PRETENDED_EXPERTISE, "That's impossible, our scanner never makes mistakes."),
    (Rule.PRETENDED_EXPERTISE, "It can't be on our side."),
    (Rule.PRETENDED_EXPERTISE, "You don't have to pay any tax on that."),
    (Rule.REPEAT_APOLOGY, "Sorry for the delay, Mr Iqbal. Your card is in the post since noon. Sorry again!"),
    (Rule.REPEAT_APOLOGY, "Sorry for my slow typing! The table is booked for seven."),
]

CLEAN = [
    "Your parcel is in the depot in Luton and is delivered tomorrow.",
    "I am handing this to our billing team, and I stay your contact.",
    "You asked why it took so long. The part came from Japan and arrived on Monday; it is fitted now.",
    "Maria will call you at three.",
    "We can't deliver on Sundays. I can offer Saturday until nine or Monday from six; which suits you?",
    "You asked for our terms: they are under this link, page 2.",
    "I am sorry that we sent you the wrong invoice. The right one is attached.",
    "Sorry for the inconvenience. Your new card was posted this morning.",
    "We apologise for the confusion. Your appointment is on Monday at nine.",
    "Sorry to hear that you are ill. Your booking is moved to the 4th, free of charge.",
    "I'm afraid the blue one is sold out; the green one is £5 cheaper and in stock.",
    "Sorry again, Hana. The van is at your door at eight tomorrow.",
    "Could you send me the number on the label?",
    "I will call you today before 5 pm.",
    "You should see the money by Thursday.",
    "Thank you, I have passed your idea on to the kitchen.",
    "I have checked the log: your upload arrived at 23:52, before the deadline.",
    "You should not have had to ask again. I have the refund open and pay it out today.",
    "You had to ask three times before anyone answered. I am sorry.",
    "You wrote to us twice before we answered. Here is the invoice, and the credit note with it.",
    "It is our job to come back to you, and not yours to ask again.",
    "You were right: the deposit is £40 and not £60. The £20 went back to your card this morning.",
    "Whether you can deduct that is a question for your tax adviser; the invoice is attached.",
    "",
    "   \n ",
    "Thanks!",
]


@pytest.mark.parametrize(("rule", "draft"), FLAGGED)
def test_the_guide_s_faults_are_found(coach: Coach, rule: Rule, draft: str) -> None:
    assert rule in {finding.rule for finding in coach.review(draft)}


@pytest.mark.parametrize("draft", CLEAN)
def test_what_the_guide_lets_pass_stays_silent(coach: Coach, draft: str) -> None:
    assert [(finding.rule, finding.text) for finding in coach.review(draft)] == []


def test_a_second_apology_that_is_hollow_gets_both_rules(coach: Coach) -> None:
    found = coach.review("Sorry for the double charge. £39 went back to you today. Sorry again for any trouble.")
    assert {finding.rule for finding in found} == {Rule.REPEAT_APOLOGY, Rule.NON_APOLOGY}


def test_each_later_apology_is_a_finding_of_its_own(coach: Coach) -> None:
    found = coach.review("We are sorry for the delay. We also apologise for the letter. And I'm sorry about the call.")
    assert [finding.rule for finding in found].count(Rule.REPEAT_APOLOGY) == 2


ADMITTING = "We are sorry, Ms Lee. This was our mistake. £40 went back to your card today."


def test_words_that_admit_fault_count_only_under_regret_only(coach: Coach) -> None:
    (finding,) = coach.review(ADMITTING, policy=Policy.REGRET_ONLY)
    assert (finding.rule, finding.text) == (Rule.FAULT_ADMISSION, "our mistake")
    for policy in (Policy.FULL, Policy.HOLD_FOR_REVIEW):
        assert coach.review(ADMITTING, policy=policy) == ()
