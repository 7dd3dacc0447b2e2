# frozen_string_literal: true

# The wiki's lookup chain: each of its four steps is set, false or nil, which makes 81 combinations.
RSpec.describe "the wiki page, the lookup chain" do
  around { |example| keeping_class_level_targets { example.run } }

  let(:steps) do
    ["self.exttype", "self.default_exttype", "Unpacker.exttype", "Unpacker.default_exttype"]
  end
  # One target per step, which makes an object that tells the step.
  let(:targets) { steps.to_h { |step| [step, proc { |type, data| [step, type, data] }] } }
  let(:unpacker) { MessagePack::Unpacker.new }
  let(:typenr) { 22 }

  # @param choices [Array<Symbol, false, nil>] for each step :set, false or nil
  # @return [Array] what stands at each step
  def arrange(choices)
    values = steps.zip(choices).map { |step, choice| choice == :set ? targets.fetch(step) : choice }
    unpacker.register_exttype(typenr, values[0])
    unpacker.default_exttype = values[1]
    MessagePack::Unpacker.register_exttype(typenr, values[2])
    MessagePack::Unpacker.default_exttype = values[3]
    values
  end

  [:set, false, nil].repeated_permutation(4).each do |choices|
    it "takes the first that is not nil of #{choices.inspect}" do
      expected = arrange(choices).find { |value| !value.nil? }

      expect(unpacker.resolve_exttype(typenr)).to equal(expected)
      unpacker.feed("\xD6\x16abcd")
      if expected
        expect(unpacker.read).to eq([targets.key(expected), 22, "abcd"])
      else
        expect { unpacker.read }.to raise_error(MessagePack::UnknownExtTypeError)
      end
    end
  end

  it "shows the steps one by one" do
    values = arrange(%i[set set set set])
    shown = [unpacker.exttype(typenr), unpacker.default_exttype,
             MessagePack::Unpacker.exttype(typenr), MessagePack::Unpacker.default_exttype]
    expect(shown).to eq(values)
  end

  it "starts with ExtType at its last step and nil at the others" do
    shown = [unpacker.exttype(typenr), unpacker.default_exttype,
             MessagePack::Unpacker.exttype(typenr), MessagePack::Unpacker.default_exttype]
    expect(shown).to eq([nil, nil, nil, MessagePack::ExtType])
    expect(unpacker.resolve_exttype(typenr)).to equal(MessagePack::ExtType)
  end

  it "asks the instance's default before the class's table" do
    MessagePack::Unpacker.register_exttype(typenr, targets["Unpacker.exttype"])
    unpacker.default_exttype = MessagePack::Extended
    expect(unpacker.feed("\xD6\x16abcd").read).to be_an_instance_of(MessagePack::Extended)
  end

  it "reads the class's steps at each lookup" do
    expect(unpacker.resolve_exttype(typenr)).to equal(MessagePack::ExtType)
    MessagePack::Unpacker.default_exttype = targets["Unpacker.default_exttype"]
    expect(unpacker.resolve_exttype(typenr)).to equal(targets["Unpacker.default_exttype"])
    MessagePack::Unpacker.register_exttype(typenr, targets["Unpacker.exttype"])
    expect(unpacker.resolve_exttype(typenr)).to equal(targets["Unpacker.exttype"])
  end

  it "keeps a refused number apart from the other numbers" do
    unpacker.register_exttype(typenr, false)
    expect(unpacker.resolve_exttype(typenr)).to be(false)
    expect(unpacker.resolve_exttype(typenr + 1)).to equal(MessagePack::ExtType)
  end

  it "is walked by the module functions as well" do
    MessagePack::Unpacker.register_exttype(typenr, targets["Unpacker.exttype"])
    expect(MessagePack.unpack("\xD6\x16abcd")).to eq(["Unpacker.exttype", 22, "abcd"])
    MessagePack::Unpacker.register_exttype(typenr, false)
    expect { MessagePack.unpack("\xD6\x16abcd") }.to raise_error(MessagePack::UnknownExtTypeError)
    expect(MessagePack.unpack("\xD6\x16abcd", default_exttype: MessagePack::Extended))
      .to eq(MessagePack::Extended.new(22, "abcd"))
  end

  it "takes the payload as an unfrozen binary String of its own" do
    seen = []
    unpacker.register_exttype(typenr) { |_type, data| seen << data }
    source = "\xD6\x16abcd\xD6\x16wxyz"
    unpacker.feed(source)
    2.times { unpacker.read }
    seen[0] << "!"
    expect(seen).to eq(%w[abcd! wxyz])
    expect(seen.map { |data| [data.encoding, data.frozen?] }.uniq).to eq([[Encoding::BINARY, false]])
    expect(source.b).to eq("\xD6\x16abcd\xD6\x16wxyz".b)
  end
end
