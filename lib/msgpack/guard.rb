# frozen_string_literal: true

# Two libraries cannot both be MessagePack. If another one is loaded already, say so before anything is touched.
if defined?(MessagePack::Packer) || defined?(MessagePack::Buffer)
  feature = %r{/msgpack/msgpack\.(so|bundle|jar)\z|/msgpack\.rb\z}
  here = File.expand_path("..", __dir__)
  other = $LOADED_FEATURES.grep(feature).reject { |path| path.start_with?("#{here}/") }.last
  raise LoadError, "msgpack-ext (#{here}/msgpack.rb) can't be loaded: another msgpack library " \
                   "#{"(#{other}) " if other}is loaded already. Load one of them only: " \
                   "require \"msgpack-ext\" before anything requires \"msgpack\", or remove the other gem."
end
