// Stands in for lodash's isEqual: Backbone brings underscore, which has the same.
export default require("underscore").isEqual;
