# frozen_string_literal: true

RSpec.describe MessagePack::Factory, "telling what is registered" do
  subject(:factory) { described_class.new }

  include_context "with a class that has the gem's two methods"

  let(:other) { Class.new }

  describe "#registered_types" do
    it "is empty at first, whatever is asked for" do
      expect([factory.registered_types, *%i[both packer unpacker].map { |which| factory.registered_types(which) }])
        .to all(eq([]))
    end

    it "lists both handlers of each type, by type number" do
      { 100 => klass, -3 => other, 5 => Range }.each do |type, registered|
        factory.register_type(type, registered, packer: proc { "p#{type}" }, unpacker: proc { "u#{type}" })
      end
      [factory.registered_types, factory.registered_types(:both)].each do |list|
        expect(list.map { |entry| entry.slice(:type, :class) })
          .to eq([{ type: -3, class: other }, { type: 5, class: Range }, { type: 100, class: klass }])
        expect(list.map(&:keys)).to all(contain_exactly(:type, :class, :packer, :unpacker))
        expect(list.map { |entry| [entry[:packer].call(object), entry[:unpacker].call("")] })
          .to eq([%w[p-3 u-3], %w[p5 u5], %w[p100 u100]])
      end
    end

    it "lists one kind of handlers" do
      factory.register_type(6, other, packer: proc { "p" }, unpacker: proc { "u" })
      factory.register_type(5, klass)
      packers, unpackers = %i[packer unpacker].map { |which| factory.registered_types(which) }
      expect(packers.map { |entry| entry.slice(:type, :class) })
        .to eq([{ type: 5, class: klass }, { type: 6, class: other }])
      expect(unpackers.map { |entry| entry.slice(:type, :class) })
        .to eq([{ type: 5, class: klass }, { type: 6, class: other }])
      expect(packers.map(&:keys)).to all(contain_exactly(:type, :class, :packer))
      expect(unpackers.map(&:keys)).to all(contain_exactly(:type, :class, :unpacker))
      expect([packers[1][:packer].call(nil), unpackers[1][:unpacker].call("")]).to eq(%w[p u])
    end

    it "shows the default handlers as Procs" do
      factory.register_type(5, klass)
      packer, unpacker = factory.registered_types[0].values_at(:packer, :unpacker)
      expect([packer, unpacker]).to all(be_a(Proc))
      expect([packer.call(object), unpacker.call("abcd")]).to eq(["abcd", object])
    end

    {
      "a Symbol" => ->(_) { %i[text new] }, "a String" => ->(_) { %w[text new] },
      "a Method" => ->(both) { [both.method(:pack), both.method(:unpack)] },
      "an object with call" => ->(both) { [both::Packing.new, both::Unpacking.new] }
    }.each do |name, make|
      it "shows #{name} as a Proc, the same at each call" do
        both = Module.new do
          def self.pack(object) = object.text
          def self.unpack(data) = [data]
        end
        both.const_set(:Packing, Class.new { def call(object) = object.text })
        both.const_set(:Unpacking, Class.new { def call(data) = [data] })
        packer, unpacker = make.call(both)
        factory.register_type(5, klass, packer: packer, unpacker: unpacker)
        shown = factory.registered_types[0].values_at(:packer, :unpacker)
        expect(shown).to all(be_a(Proc))
        expect(shown[0].call(object)).to eq("abcd")
        expect([object, ["abcd"]]).to include(shown[1].call("abcd"))

        again = [factory.registered_types[0], factory.registered_types(:packer)[0],
                 factory.registered_types(:unpacker)[0]]
        expect(again.filter_map { |entry| entry[:packer] }).to match([equal(shown[0])] * 2)
        expect(again.filter_map { |entry| entry[:unpacker] }).to match([equal(shown[1])] * 2)
      end
    end

    it "shows a Proc as the one that was given" do
      packer = proc { |object| object.text }
      unpacker = ->(data) { data }
      factory.register_type(5, klass, packer: packer, unpacker: unpacker)
      expect(factory.registered_types)
        .to match([{ type: 5, class: klass, packer: equal(packer), unpacker: equal(unpacker) }])
    end

    it "has nil for a handler that is missing" do
      factory.register_type(5, klass, packer: :text)
      factory.register_type(6, other, unpacker: :new)
      expect(factory.registered_types).to match(
        [{ type: 5, class: klass, packer: be_a(Proc), unpacker: nil },
         { type: 6, class: other, packer: nil, unpacker: be_a(Proc) }]
      )
    end

    it "lists a class once that was registered again, and its former number as one that is only unpacked" do
      factory.register_type(5, klass)
      factory.register_type(6, klass)
      expect(factory.registered_types).to match(
        [{ type: 5, class: klass, packer: nil, unpacker: be_a(Proc) },
         { type: 6, class: klass, packer: be_a(Proc), unpacker: be_a(Proc) }]
      )
      expect(factory.registered_types(:packer).map { |entry| entry[:type] }).to eq([6])
    end

    it "lists two classes of one number, of which the later has the unpacker" do
      factory.register_type(5, klass)
      factory.register_type(5, other, packer: proc { "p" }, unpacker: proc { "u" })
      expect(factory.registered_types).to contain_exactly(
        { type: 5, class: klass, packer: be_a(Proc), unpacker: nil },
        { type: 5, class: other, packer: be_a(Proc), unpacker: be_a(Proc) }
      )
      expect(factory.registered_types(:unpacker).map { |entry| entry[:class] }).to eq([other])
    end

    it "gives a list of its own each time" do
      factory.register_type(5, klass)
      factory.registered_types.clear
      factory.registered_types[0][:type] = 6
      expect(factory.registered_types.map { |entry| entry[:type] }).to eq([5])
    end

    it "refuses another selector" do
      [:neither, "both", nil, 1, :packers].each do |selector|
        expect { factory.registered_types(selector) }.to raise_error(ArgumentError)
      end
    end

    it "is told by a frozen factory too" do
      factory.register_type(5, klass)
      expect(factory.freeze.registered_types.map { |entry| entry[:class] }).to eq([klass])
    end
  end

  describe "#type_registered?" do
    before do
      factory.register_type(5, klass)
      factory.register_type(-3, mixin, packer: proc { "p" }, unpacker: proc { "u" })
    end

    let(:mixin) { Module.new }

    it "is so for a registered number" do
      expect([5, -3, 6, 3, 0, 1000].map { |type| factory.type_registered?(type) })
        .to eq([true, true, false, false, false, false])
    end

    it "is so for a registered class or module, and for what has it as ancestor" do
      expect([klass, Class.new(klass), mixin, Class.new.include(mixin)].map { |mod| factory.type_registered?(mod) })
        .to all(be(true))
      expect([other, Object, klass.superclass, Module.new].map { |mod| factory.type_registered?(mod) })
        .to all(be(false))
    end

    it "takes a selector" do
      factory.register_type(8, other, unpacker: proc { "u" })
      expect([factory.type_registered?(5, :packer), factory.type_registered?(klass, :unpacker),
              factory.type_registered?(5, :both)]).to all(be(true))
      expect([factory.type_registered?(9, :packer), factory.type_registered?(9, :unpacker)]).to all(be(false))
      expect(factory.type_registered?(8, :unpacker)).to be(true)
    end

    it "refuses another selector, and what is neither a class nor a number" do
      expect { factory.type_registered?(5, :neither) }.to raise_error(ArgumentError)
      [nil, "Time", :Time, 5.0, object].each do |value|
        expect { factory.type_registered?(value) }.to raise_error(ArgumentError)
      end
    end
  end
end
