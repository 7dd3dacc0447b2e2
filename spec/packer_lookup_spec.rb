# frozen_string_literal: true

# Which registration a Packer takes for an object: an existing singleton class, the exact class, then the nearest class
# or module among the ancestors; and what :unknown_class => false does where there is none.
RSpec.describe MessagePack::Packer, "lookup of registrations" do
  let(:packer) { described_class.new }

  def packed(object)
    packer.write(object).full_pack
  end

  # Registers with a handler that names the registration.
  def register(klass, name)
    packer.register_exttype(klass, 9) { name }
  end

  # The name of the registration that was taken, or the String that to_msgpack has written.
  def taken(object)
    value = MessagePack.unpack(packed(object))
    value.is_a?(MessagePack::ExtType) ? value.data : value
  end

  include_examples "the lookup of registrations"

  it "takes the nearest ancestor, in whatever order they were registered" do
    [[mixin, parent, Object], [Object, parent, mixin], [parent, Object, mixin]].each do |order|
      packer = described_class.new
      names = { mixin => "mixin", parent => "parent", Object => "Object" }
      order.each { |klass| packer.register_exttype(klass, 9) { names.fetch(klass) } }
      expect(MessagePack.unpack(packer.write(child.new).to_s).data).to eq("mixin")
    end
  end

  it "takes the later registration of the same class, of whichever kind" do
    register(child, "first")
    register(child, "second")
    expect(taken(child.new)).to eq("second")
    packer.register_lowlevel(child) { |_object, packer| packer.write("third") }
    expect(taken(child.new)).to eq("third")
    register(child, "fourth")
    expect(taken(child.new)).to eq("fourth")
  end

  it "falls back step by step when registrations are taken away" do
    [parent, mixin, child].zip(%w[parent mixin child]) { |klass, name| register(klass, name) }
    seen = [child, mixin, parent].map { |klass| taken(child.new).tap { packer.unregister_exttype(klass) } }
    expect([*seen, taken(child.new)]).to eq(%w[child mixin parent none])
  end

  it "stops at a nearer class that is forbidden" do
    register(parent, "parent")
    packer.register_exttype(mixin, 9, false)
    expect { packed(child.new) }.to raise_error(TypeError)
    expect(taken(parent.new)).to eq("parent")
  end

  it "is that of each packer alone" do
    register(child, "child")
    expect(MessagePack.unpack(described_class.new.write(child.new).to_s)).to eq("none")
  end

  it "holds for classes and modules that are packed themselves" do
    register(Class, "a class")
    register(Module, "a module")
    expect([taken(child), taken(mixin)]).to eq(["a class", "a module"])
  end

  describe "core classes" do
    it "uses a registration of Symbol" do
      register(Symbol, "symbol")
      expect([taken(:abc), taken("abc")]).to eq(%w[symbol abc])
      expect(packed({ a: 1 })).to eq(bytes(0x81, 0xc7, 6, 9, "symbol", 1))
      packer.unregister_exttype(Symbol)
      expect(taken(:abc)).to eq("abc")
    end

    it "never asks Object, Comparable, Numeric or Enumerable for native values" do
      values = [nil, true, false, 1, (2**64) - 1, 1.5, "s", [1], { 1 => 2 }]
      [Object, Kernel, BasicObject, Comparable, Numeric, Enumerable].each { |klass| register(klass, "asked") }
      expect(values.map { |value| taken(value) }).to eq(values)
    end

    it "keeps native what has a singleton class, if that is not registered" do
      string = +"s"
      string.singleton_class
      register(String, "String")
      expect(taken(string)).to eq("s")
    end
  end

  describe ":unknown_class => false" do
    let(:packer) { described_class.new(unknown_class: false) }

    it "refuses an object that has a to_msgpack but no registration, naming its class" do
      stub_const("Unknown", parent)
      packer.write(1)
      expect { packer.write([Unknown.new]) }.to raise_error(TypeError, /Unknown/)
      expect(packer.to_s).to eq(hex("01"))
    end

    it "refuses an object without to_msgpack alike" do
      expect { packer.write(Object.new) }.to raise_error(TypeError)
      expect { packer.write(BasicObject.new) }.to raise_error(TypeError)
    end

    it "takes native values, also of subclasses" do
      values = [nil, true, 1, 1.5, "s", "b".b, [1], { 1 => 2 }]
      expect(values.map { |value| taken(value) }).to eq(values)
      expect(taken(:sym)).to eq("sym")
      expect([taken(Class.new(Array).new([1])), taken(Class.new(String).new("s"))]).to eq([[1], "s"])
    end

    it "takes ExtType and its subclasses" do
      extended = [MessagePack::ExtType, MessagePack::Extended, MessagePack::ExtendedValue, MessagePack::ExtensionValue,
                  Class.new(MessagePack::ExtType)]
      expect(extended.map { |klass| packed(klass.new(5, "ab")) }).to all(eq(hex("d5 05 61 62")))
    end

    it "takes what is registered, itself or through an ancestor" do
      register(parent, "parent")
      expect([taken(parent.new), taken(child.new)]).to eq(%w[parent parent])
      packer.register_lowlevel(child)
      expect(taken(child.new)).to eq("none")
      packer.unregister_exttype(child)
      packer.unregister_exttype(parent)
      expect { packed(child.new) }.to raise_error(TypeError)
    end

    it "is an option of the module functions as well" do
      expect { MessagePack.pack([parent.new], unknown_class: false) }.to raise_error(TypeError)
      expect { MessagePack.pack([parent.new], nil, unknown_class: false) }.to raise_error(TypeError)
      expect(MessagePack.pack([parent.new], unknown_class: nil)).to eq(bytes(0x91, 0xa4, "none"))
    end
  end
end
