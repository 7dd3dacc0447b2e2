# frozen_string_literal: true

# sig/*.rbs against the library. What the methods take and return when they are called is checked by `rake sig`, which
# runs other specs for it.
RSpec.describe "The signatures in sig/", :slow, signatures: false do
  before { need Signatures.available?, "the gem rbs, which comes with Ruby (gem install rbs)" }

  # ExtType's, but they take and return what the Struct of the msgpack gem does.
  inherited = { :[] => true, type: false, data: false }.map do |name, is_singleton|
    PublicApi::Method.new(owner: MessagePack::ExtensionValue, name: name, is_singleton: is_singleton)
  end

  let(:methods) { (PublicApi.methods + inherited).to_h { |method| [method.to_s, method] } }

  # What a Hash of facts about the methods says otherwise than the signatures do, as "name: signature, method".
  def differences
    Signatures.methods.filter_map do |name, signature|
      said, true_one = yield(signature, methods.fetch(name))
      "#{name}: #{said}, #{true_one}" if said != true_one
    end
  end

  it "have each class and module, and no other" do
    expect(Signatures.modules).to match_array((PublicApi.modules + PublicApi::CORE).map(&:name))
  end

  it "have each method, and no other" do
    names = Signatures.methods.keys
    expect(unsigned: methods.keys - names, not_there: names - methods.keys).to eq(unsigned: [], not_there: [])
  end

  it "take as many arguments as the methods do" do
    wrong = differences { |signature, method| [Signatures.arity(signature), method.arity] }
    expect(wrong).to eq([])
  end

  it "make private what is private" do
    expect(differences { |signature, method| [signature.accessibility, method.visibility] }).to eq([])
  end

  it "have each constant, of the right type" do
    types = Signatures.constants
    expect(types.keys).to match_array(PublicApi.constants.keys)
    expect(PublicApi.constants.reject { |name, value| Signatures.type?(value, types.fetch(name)) }).to eq({})
  end

  it "have the same ancestors" do
    PublicApi.modules.each do |owner|
      # Others are of Ruby's own tools, such as error_highlight.
      known = (owner.ancestors - Object.ancestors).map(&:name).select { |name| Signatures.known?(name) }
      expect(Signatures.ancestors(owner.name)).to eq(known)
    end
  end

  it "have each option as a keyword of some method" do
    source = File.read(File.expand_path("../../ext/msgpack_ext/src/options.rs", __dir__))
    keywords = Signatures.methods.values.flat_map(&:method_types).flat_map do |type|
      type.type.optional_keywords.keys + type.type.required_keywords.keys
    end
    options = source.scan(/^ +\w+ => "(\w+)",$/).flatten.map(&:to_sym)
    expect(options).to include(:max_depth)
    expect(keywords.uniq).to match_array(options)
  end
end
